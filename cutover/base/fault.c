#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from ? from : "");
}

void fault_set(struct fault *fault, const char *doing, const char *where, const char *code,
               const char *cause, ...)
{
    struct fault made;
    va_list arguments;
    size_t end;

    /* built aside: the arguments may point into the fault that is overwritten */
    memset(&made, 0, sizeof(made));
    copy(made.doing, sizeof(made.doing), doing);
    copy(made.where, sizeof(made.where), where);
    copy(made.code, sizeof(made.code), code);
    va_start(arguments, cause);
    vsnprintf(made.cause, sizeof(made.cause), cause, arguments);
    va_end(arguments);
    end = strlen(made.cause);
    while (end > 0 && (made.cause[end - 1] == '\n' || made.cause[end - 1] == ' '))
        made.cause[--end] = '\0';
    *fault = made;
}

void fault_hint(struct fault *fault, const char *hint, ...)
{
    char made[sizeof(fault->hint)];
    va_list arguments;

    va_start(arguments, hint);
    vsnprintf(made, sizeof(made), hint, arguments);
    va_end(arguments);
    memcpy(fault->hint, made, sizeof(made));
}

bool fault_is_set(const struct fault *fault)
{
    return fault->cause[0] != '\0';
}
