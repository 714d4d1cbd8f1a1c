/*
 * init: a commented pgcutover.ini.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *override_of(const struct options *options, const char *name)
{
    size_t i;

    for (i = 0; i < options->override_count; i++)
        if (strcmp(options->overrides[i].name, name) == 0)
            return options->overrides[i].value;
    return NULL;
}

static void fill(const struct options *options, struct config *known)
{
    known->blue.conninfo = (char *) override_of(options, "blue.conninfo");
    known->blue.from_green = (char *) override_of(options, "blue.from_green");
    known->blue.run = (char *) override_of(options, "blue.run");
    known->blue.data_directory = (char *) override_of(options, "blue.data_directory");
    known->green.conninfo = (char *) override_of(options, "green.conninfo");
    known->green.from_blue = (char *) override_of(options, "green.from_blue");
    known->green.run = (char *) override_of(options, "green.run");
    known->green.bin_directory = (char *) override_of(options, "green.bin_directory");
    known->green.old_bin_directory = (char *) override_of(options, "green.old_bin_directory");
    known->green.data_directory = (char *) override_of(options, "green.data_directory");
    known->green.port = (char *) override_of(options, "green.port");
    known->green.socket_directory = (char *) override_of(options, "green.socket_directory");
}

enum exit_code command_init(const struct options *options)
{
    const char *path = options->config_file ? options->config_file : "pgcutover.ini";
    struct config known = {.way_back = true, .client_probe = true};
    struct fault fault;
    FILE *file = NULL;
    int descriptor;

    fill(options, &known);
    if (strcmp(path, "-") == 0) {
        config_write_template(stdout, &known);
        return EXIT_DONE;
    }
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (descriptor >= 0)
        file = fdopen(descriptor, "w");
    if (!file) {
        fault_set(&fault, "writing the configuration to", path, strerrorname_np(errno), "%s",
                  strerror(errno));
        fault_hint(
            &fault,
            "--config=FILE names another file (- is standard output); an existing one is never "
            "overwritten");
        return command_fault(&fault, EXIT_USAGE);
    }
    config_write_template(file, &known);
    if (fclose(file) != 0) {
        fault_set(&fault, "writing the configuration to", path, strerrorname_np(errno), "%s",
                  strerror(errno));
        unlink(path); /* it was not there before, and is not complete */
        return command_fault(&fault, EXIT_FAILED);
    }
    printf("wrote %s: fill it in, then \"pgcutover check\"\n", path);
    return EXIT_DONE;
}
