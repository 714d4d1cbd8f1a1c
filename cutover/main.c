/*
 * pgcutover: takes a live PostgreSQL cluster to a new major version while its clients stay
 * connected.
 */
#include "commands/command.h"

int main(int argc, char **argv)
{
    return command_main(argc, argv);
}
