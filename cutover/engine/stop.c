#include "stop.h"

#ifdef PGCUTOVER_TESTING

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE "PGCUTOVER_STOP_AT"

/* A row that is repeated is not to stop again. */
static void forget(const char *at, size_t length)
{
    char rest[256];

    snprintf(rest, sizeof(rest), "%.*s%s", (int) (at - getenv(VARIABLE)), getenv(VARIABLE),
             at + length + (at[length] == ','));
    setenv(VARIABLE, rest, 1);
}

void stop_for_a_test(const char *prefix, const char *name)
{
    const char *at = getenv(VARIABLE);
    char place[64];
    size_t length;

    snprintf(place, sizeof(place), "%s%s", prefix, name);
    length = strlen(place);
    for (; at && *at; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") != length || strncmp(at, place, length) != 0)
            continue;
        forget(at, length);
        raise(SIGSTOP);
        return;
    }
}

void stop_for_a_test_at(const char *prefix)
{
    static struct {
        const char *prefix;
        int calls;
    } counted[4];
    char name[24];
    size_t i;

    for (i = 0; counted[i].prefix && strcmp(counted[i].prefix, prefix) != 0; i++)
        if (i + 1 == sizeof(counted) / sizeof(counted[0]))
            abort();
    counted[i].prefix = prefix;
    snprintf(name, sizeof(name), "%d", ++counted[i].calls);
    stop_for_a_test(prefix, name);
}

#else

void stop_for_a_test(const char *prefix, const char *name)
{
    (void) prefix, (void) name;
}

void stop_for_a_test_at(const char *prefix)
{
    (void) prefix;
}

#endif
