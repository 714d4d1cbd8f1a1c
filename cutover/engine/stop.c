#include "stop.h"

#ifdef PGCUTOVER_TESTING

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void stop_for_a_test(const char *prefix, const char *name)
{
    const char *at = getenv("PGCUTOVER_STOP_AT");
    char place[64];

    snprintf(place, sizeof(place), "%s%s", prefix, name);
    for (; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == strlen(place) && strncmp(at, place, strlen(place)) == 0)
            raise(SIGSTOP);
}

void stop_for_a_test_at(const char *prefix, size_t number)
{
    char name[24];

    snprintf(name, sizeof(name), "%zu", number);
    stop_for_a_test(prefix, name);
}

#else

void stop_for_a_test(const char *prefix, const char *name)
{
    (void) prefix, (void) name;
}

void stop_for_a_test_at(const char *prefix, size_t number)
{
    (void) prefix, (void) number;
}

#endif
