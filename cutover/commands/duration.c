#include "duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void duration_add(struct text *text, int64_t us)
{
    static const struct {
        const char *name, *next;
        int64_t seconds, next_seconds;
    } units[] = {{"d", "h", 86400, 3600}, {"h", "min", 3600, 60}, {"min", "s", 60, 1}};
    int64_t seconds = us / 1000000;
    size_t i;

    if (us < 1000000) {
        text_add(text, "%" PRId64 " ms", us / 1000);
        return;
    }
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        int64_t rest = seconds % units[i].seconds / units[i].next_seconds;

        if (seconds < units[i].seconds)
            continue;
        text_add(text, "%" PRId64 " %s", seconds / units[i].seconds, units[i].name);
        if (rest)
            text_add(text, " %" PRId64 " %s", rest, units[i].next);
        return;
    }
    text_add(text, "%" PRId64 " s", seconds);
}

void number_add(struct text *text, int64_t number)
{
    char digits[24];
    size_t i, length;

    snprintf(digits, sizeof(digits), "%" PRId64, number);
    length = strlen(digits);
    for (i = 0; i < length; i++) {
        if (i && digits[i - 1] != '-' && (length - i) % 3 == 0)
            text_add_bytes(text, ",", 1);
        text_add_bytes(text, &digits[i], 1);
    }
}

void size_add(struct text *text, int64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double) bytes;
    size_t unit = 0;

    while ((value >= 1024 || value <= -1024) && unit < 4) {
        value /= 1024;
        unit++;
    }
    text_add(text, unit && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
