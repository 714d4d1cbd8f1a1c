/*
 * report_samples DIRECTORY: writes the report of every sample as NAME.html and NAME.json.
 */
#include "sample_runs.h"

#include "cutover/report/report_html.h"
#include "cutover/report/report_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool put(const char *directory, const char *name, const char *kind, char *content)
{
    char path[4096];
    FILE *file;
    bool good;

    snprintf(path, sizeof(path), "%s/%s.%s", directory, name, kind);
    file = fopen(path, "w");
    good = file && fwrite(content, 1, strlen(content), file) == strlen(content);
    if (file && fclose(file) != 0)
        good = false;
    free(content);
    if (!good)
        perror(path);
    return good;
}

int main(int argc, char **argv)
{
    bool good = argc == 2;
    size_t i;

    for (i = 0; good && samples[i].name; i++) {
        struct report *report = samples[i].make();

        good = put(argv[1], samples[i].name, "html", report_html(report)) &&
               put(argv[1], samples[i].name, "json", report_json(report));
        report_free(report);
    }
    return good ? 0 : 1;
}
