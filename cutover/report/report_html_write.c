#include "report_html_write.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS 1000
#define SECOND (1000 * 1000LL)

/* What turns the direction of everything behind it: U+202A to U+202E, U+2066 to U+2069. */
static bool turns_text(const char *at)
{
    const unsigned char *bytes = (const unsigned char *) at;

    if (bytes[0] != 0xe2)
        return false;
    return (bytes[1] == 0x80 && bytes[2] >= 0xaa && bytes[2] <= 0xae) ||
           (bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9);
}

/* Of valid UTF-8. */
static void add_escaped(struct text *text, const char *string)
{
    const char *from = string, *at;

    for (at = string; *at; at++) {
        const char *as = NULL;
        size_t length = 1;

        if (*at == '<')
            as = "&lt;";
        else if (*at == '>')
            as = "&gt;";
        else if (*at == '&')
            as = "&amp;";
        else if (*at == '"')
            as = "&quot;";
        else if (*at == '\'')
            as = "&#39;";
        else if (((unsigned char) *at < ' ' && *at != '\n' && *at != '\t') || *at == 0x7f)
            as = "\xef\xbf\xbd";
        else if (turns_text(at)) {
            as = "\xef\xbf\xbd";
            length = 3;
        }
        if (!as)
            continue;
        text_add_bytes(text, from, (size_t) (at - from));
        text_add_string(text, as);
        from = at + length;
        at = from - 1;
    }
    text_add_bytes(text, from, (size_t) (at - from));
}

static void add_string(struct text *text, const char *string)
{
    struct text valid = {0};

    if (!string || !*string)
        return;
    text_add_valid(&valid, string);
    add_escaped(text, text_string(&valid));
    text_free(&valid);
}

/* One conversion, which begins with '%'; returns what stands behind it. */
static const char *add_one(struct text *text, const char *format, va_list *arguments)
{
    size_t length = strcspn(format + 1, "sdufg%") + 2;
    char one[16], out[64];

    if (length >= sizeof(one)) /* nothing that we write is so long */
        return format + 1;
    memcpy(one, format, length);
    one[length] = '\0';
    out[0] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    switch (one[length - 1]) {
    case 's':
        add_string(text, va_arg(*arguments, const char *));
        break;
    case '%':
        text_add_string(text, "%");
        break;
    case 'f':
    case 'g':
        snprintf(out, sizeof(out), one, va_arg(*arguments, double));
        break;
    default:
        if (strchr(one, 'z'))
            snprintf(out, sizeof(out), one, va_arg(*arguments, size_t));
        else if (strchr(one, 'l'))
            snprintf(out, sizeof(out), one, va_arg(*arguments, long long));
        else
            snprintf(out, sizeof(out), one, va_arg(*arguments, int));
    }
#pragma GCC diagnostic pop
    text_add_string(text, out);
    return format + length;
}

void html_add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    while (*format) {
        size_t plain = strcspn(format, "%");

        text_add_bytes(text, format, plain);
        format += plain;
        if (*format)
            format = add_one(text, format, &arguments);
    }
    va_end(arguments);
}

const char *html_or(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

/* Three digits that matter, without zeros behind the point. */
static void print_digits(char buffer[32], double value, const char *unit)
{
    int places = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    size_t length = (size_t) snprintf(buffer, 24, "%.*f", places, value);

    if (places) {
        while (buffer[length - 1] == '0')
            length--;
        if (buffer[length - 1] == '.')
            length--;
    }
    snprintf(buffer + length, 32 - length, " %s", unit);
}

const char *html_size(char buffer[32], int64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    double value = (double) bytes;
    size_t unit = 0;

    if (bytes == REPORT_UNKNOWN)
        return "not measured";
    while (value >= 1024 && unit < 5) {
        value /= 1024;
        unit++;
    }
    if (unit == 0)
        snprintf(buffer, 32, "%lld %s", (long long) bytes, bytes == 1 ? "byte" : "bytes");
    else
        print_digits(buffer, value, units[unit]);
    return buffer;
}

static const char *two_units(char buffer[32], int64_t s, int64_t big, const char *name,
                             int64_t small, const char *other)
{
    if (s % big / small)
        snprintf(buffer, 32, "%lld %s %lld %s", (long long) (s / big), name,
                 (long long) (s % big / small), other);
    else
        snprintf(buffer, 32, "%lld %s", (long long) (s / big), name);
    return buffer;
}

const char *html_duration(char buffer[32], int64_t us)
{
    int64_t s = (us + SECOND / 2) / SECOND;

    if (us == REPORT_UNKNOWN || us < 0)
        return "not measured";
    if (us == 0)
        return "0 s";
    if (us < SECOND - MS / 2) {
        print_digits(buffer, (double) us / MS, "ms");
        return buffer;
    }
    if (s < 60) {
        print_digits(buffer, (double) us / (double) SECOND, "s");
        return buffer;
    }
    if (s < 3600)
        return two_units(buffer, s, 60, "min", 1, "s");
    if (s < 86400)
        return two_units(buffer, s, 3600, "h", 60, "min");
    return two_units(buffer, s, 86400, "d", 3600, "h");
}

const char *html_count(char buffer[32], int64_t count)
{
    char plain[32];
    size_t length, i, at = 0;

    if (count == REPORT_UNKNOWN)
        return "not measured";
    length = (size_t) snprintf(plain, sizeof(plain), "%lld", (long long) count);
    for (i = 0; i < length; i++) {
        if (i && plain[i - 1] != '-' && (length - i) % 3 == 0)
            buffer[at++] = ',';
        buffer[at++] = plain[i];
    }
    buffer[at] = '\0';
    return buffer;
}

static void print_time(char buffer[32], int64_t at_us, const char *format)
{
    time_t seconds = (time_t) (at_us / SECOND);
    struct tm parts;

    if (!gmtime_r(&seconds, &parts) || !strftime(buffer, 24, format, &parts))
        buffer[0] = '\0';
}

const char *html_clock(char buffer[32], int64_t at_us, int64_t resolution_us)
{
    if (at_us == REPORT_UNKNOWN)
        return "not known";
    print_time(buffer, at_us, resolution_us >= 60 * SECOND ? "%H:%M" : "%H:%M:%S");
    if (resolution_us < SECOND)
        snprintf(buffer + strlen(buffer), 8, ".%03d", (int) (at_us % SECOND / MS));
    return buffer;
}

const char *html_moment(char buffer[32], int64_t at_us)
{
    if (at_us == REPORT_UNKNOWN)
        return "not known";
    print_time(buffer, at_us, "%Y-%m-%d %H:%M:%S");
    snprintf(buffer + strlen(buffer), 8, ".%03d", (int) (at_us % SECOND / MS));
    return buffer;
}

const char *html_day(char buffer[32], int64_t at_us)
{
    print_time(buffer, at_us, "%d %b");
    return buffer;
}

double html_text_width(const char *text, double size)
{
    double width = 0;

    for (; *text; text++) {
        unsigned char byte = (unsigned char) *text;

        if ((byte & 0xc0) == 0x80) /* goes on */
            continue;
        width += byte >= 0xe2                      ? 1.0
                 : strchr("ilj.,:;|!'()[] ", byte) ? 0.40
                 : strchr("mwMW%@", byte)          ? 0.98
                 : byte >= 'A' && byte <= 'Z'      ? 0.72
                                                   : 0.64;
    }
    return width * size;
}
