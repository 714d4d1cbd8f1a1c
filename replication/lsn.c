#include "lsn.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* XLOG_BLCKSZ as every packaged PostgreSQL is built; pg_controldata would show another. */
#define PAGE_SIZE UINT64_C(8192)
#define SHORT_PAGE_HEADER UINT64_C(24)
#define LONG_PAGE_HEADER UINT64_C(40)
/* The smallest wal_segment_size: a long header can only stand at a multiple of it. */
#define SEGMENT_SIZE_MIN (UINT64_C(1024) * 1024)

/* One to eight hexadecimal digits; returns what follows them, NULL if there are none. */
static const char *parse_half(const char *text, uint64_t *ret_half)
{
    uint64_t half = 0;
    int digits = 0;

    for (; isxdigit((unsigned char) *text); text++, digits++) {
        int character = tolower((unsigned char) *text);

        if (digits == 8)
            return NULL;
        half = half * 16 + (uint64_t) (character <= '9' ? character - '0' : character - 'a' + 10);
    }
    if (digits == 0)
        return NULL;
    *ret_half = half;
    return text;
}

bool lsn_parse(const char *text, uint64_t *ret_lsn)
{
    uint64_t high = 0, low = 0;

    if (!text)
        return false;
    text = parse_half(text, &high);
    if (!text || *text != '/')
        return false;
    text = parse_half(text + 1, &low);
    if (!text || *text || (high == 0 && low == 0))
        return false;
    *ret_lsn = high << 32 | low;
    return true;
}

const char *lsn_print(uint64_t lsn, char buffer[LSN_TEXT])
{
    snprintf(buffer, LSN_TEXT, "%X/%X", (unsigned int) (lsn >> 32),
             (unsigned int) (lsn & UINT32_MAX));
    return buffer;
}

bool lsn_target_reached(uint64_t target, uint64_t switch_point)
{
    /* an unknown position is never a proof */
    if (target == 0 || switch_point == 0)
        return false;
    if (target == switch_point)
        return true;
    if (switch_point % PAGE_SIZE != 0)
        return false;
    if (target == switch_point + SHORT_PAGE_HEADER)
        return true;
    return switch_point % SEGMENT_SIZE_MIN == 0 && target == switch_point + LONG_PAGE_HEADER;
}

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* "1\t0/3000498\tno recovery target specified"; the length excludes the line end. */
static bool parse_history_line(const char *line, size_t length, uint64_t *ret_switch_point,
                               uint32_t *ret_parent)
{
    char buffer[64];
    const char *at = line;
    uint64_t parent = 0;
    size_t i = 0;

    for (; at < line + length && isdigit((unsigned char) *at); at++) {
        parent = parent * 10 + (uint64_t) (*at - '0');
        if (parent > UINT32_MAX)
            return false;
    }
    if (parent == 0)
        return false;
    if (at == line + length || (*at != ' ' && *at != '\t'))
        return false;
    at = skip_blanks(at);
    while (at < line + length && !isspace((unsigned char) *at) && i < sizeof(buffer) - 1)
        buffer[i++] = *at++;
    buffer[i] = '\0';
    if (!lsn_parse(buffer, ret_switch_point))
        return false;
    *ret_parent = (uint32_t) parent;
    return true;
}

bool lsn_parse_history(const char *history, uint64_t *ret_switch_point, uint32_t *ret_parent)
{
    const char *last = NULL;
    size_t last_length = 0;

    if (!history)
        return false;
    while (*history) {
        size_t length = strcspn(history, "\r\n");
        const char *line = skip_blanks(history);

        /* a line of blanks only runs into its own end */
        if (line < history + length && *line != '#') {
            last = line;
            last_length = length - (size_t) (line - history);
        }
        history += length;
        history += strspn(history, "\r\n");
    }
    return last && parse_history_line(last, last_length, ret_switch_point, ret_parent);
}
