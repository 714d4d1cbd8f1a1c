#include "refusal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CODE_LENGTH (REFUSAL_CODE_SIZE - 1)

/* Does a code stand here, between ":  " and ": "? Words are not of five capitals and digits. */
static bool is_code(const char *at)
{
    size_t i;

    for (i = 0; i < CODE_LENGTH; i++)
        if (!isdigit((unsigned char) at[i]) && !(at[i] >= 'A' && at[i] <= 'Z'))
            return false;
    return at[i] == ':' && at[i + 1] == ' ';
}

bool refusal_parse(const char *message, char ret_code[REFUSAL_CODE_SIZE], char *ret_words,
                   size_t size)
{
    const char *at = message, *found = NULL;

    /* with sslmode=prefer there may be two of them */
    while ((at = strstr(at, ":  "))) {
        at += 3;
        if (is_code(at))
            found = at;
    }
    if (!found)
        return false;
    memcpy(ret_code, found, CODE_LENGTH);
    ret_code[CODE_LENGTH] = '\0';
    found += CODE_LENGTH + 2;
    snprintf(ret_words, size, "%.*s", (int) strcspn(found, "\n"), found);
    return true;
}
