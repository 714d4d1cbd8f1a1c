#include "pooler_roles.h"

#include "../cutover/base/text.h"
#include "../replication/session.h"

#include <stdio.h>
#include <stdlib.h>

void pooler_users_add(struct pooler_users *users, const char *name)
{
    if (!name || !*name || pooler_users_have(users, name))
        return;
    users->names = memory_grow(users->names, (users->count + 1) * sizeof(*users->names));
    users->names[users->count++] = memory_copy(name);
}

bool pooler_users_have(const struct pooler_users *users, const char *name)
{
    size_t i;

    for (i = 0; i < users->count; i++)
        if (string_equal(users->names[i], name))
            return true;
    return false;
}

void pooler_users_clear(struct pooler_users *users)
{
    while (users->count)
        free(users->names[--users->count]);
    free(users->names);
    *users = (struct pooler_users){0};
}

static int row_of(const struct reply *roles, const char *name)
{
    int row;

    for (row = 0; row < reply_rows(roles); row++)
        if (string_equal(reply_value(roles, row, "rolname"), name))
            return row;
    return -1;
}

static const char *refused(const struct reply *roles, int row)
{
    if (row < 0)
        return "there is no such role";
    if (!string_equal(reply_value(roles, row, "can_login"), "yes"))
        return "it may not log in";
    if (!string_equal(reply_value(roles, row, "is_expired"), "no"))
        return "its password has expired";
    return NULL;
}

const char *pooler_role_refused(const struct reply *roles, const char *name)
{
    return refused(roles, row_of(roles, name));
}

static bool comes(const struct pooler_users *users, const struct reply *roles, int row)
{
    const char *name = reply_value(roles, row, "rolname");

    return name && !refused(roles, row) && (users->everybody || pooler_users_have(users, name));
}

void pooler_roles_judge_md5(struct finding_list *list, const struct pooler_users *users,
                            const struct reply *blue, int green_version)
{
    const char *first = NULL;
    char text[160];
    int row, count = 0;

    for (row = 0; row < reply_rows(blue); row++)
        if (comes(users, blue, row) && string_equal(reply_value(blue, row, "kind"), "md5")) {
            first = first ? first : reply_value(blue, row, "rolname");
            count++;
        }
    if (green_version < 180000 || !count)
        return;
    snprintf(text, sizeof(text), "%d role%s with an md5 password; green is %d", count,
             count == 1 ? "" : "s", green_version / 10000);
    finding_add(list, check_find("pooler_md5_passwords"), "blue", first, text, NULL);
}

/* Fewer than on blue; -1 is no limit. NULL: as many, or more. */
static const char *fewer(const struct reply *blue, int row, const struct reply *green,
                         int green_row, char text[96])
{
    int64_t before, after;

    if (!reply_number(blue, row, "connection_limit", &before) ||
        !reply_number(green, green_row, "connection_limit", &after))
        return "its connection limit is not known";
    if (after < 0 || (before >= 0 && after >= before))
        return NULL;
    snprintf(text, 96,
             before < 0 ? "its connection limit is %lld, on blue it has none"
                        : "its connection limit is %lld, on blue it is %lld",
             (long long) after, (long long) before);
    return text;
}

static void compare(struct finding_list *list, const struct reply *blue, int row,
                    const struct reply *green)
{
    const char *name = reply_value(blue, row, "rolname");
    int green_row = row_of(green, name);
    const char *why = refused(green, green_row), *before, *after;
    char text[96];

    if (!why)
        why = fewer(blue, row, green, green_row, text);
    if (why)
        finding_add(list, check_find("pooler_roles"), "green", name, why, NULL);
    if (green_row < 0)
        return;
    before = reply_value(blue, row, "digest");
    after = reply_value(green, green_row, "digest");
    if (!before || !string_equal(before, after))
        finding_add(list, check_find("pooler_passwords_differ"), "green", name,
                    "what is stored of its password is not what blue has", NULL);
}

void pooler_roles_compare(struct finding_list *list, const struct pooler_users *users,
                          const struct reply *blue, const struct reply *green)
{
    int row;

    for (row = 0; row < reply_rows(blue); row++)
        if (comes(users, blue, row))
            compare(list, blue, row, green);
}
