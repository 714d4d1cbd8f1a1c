#include "pooler_file.h"

#include "../base/text.h"
#include "pooler_scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_PORT "5432"

bool pooler_file_parse(const char *content, const char *where, struct pooler_file *ret_file,
                       struct fault *fault)
{
    struct pooler_scan scan = {.content = content, .where = where, .fault = fault};

    if (!pooler_scan_read(&scan)) {
        pooler_scan_clear(&scan);
        return false;
    }
    ret_file->count = scan.count;
    ret_file->entries = memory_new(scan.count * sizeof(*ret_file->entries));
    for (size_t i = 0; i < scan.count; i++)
        ret_file->entries[i] = scan.list[i].entry;
    free(scan.list); /* the strings went to the entries */
    return true;
}

void pooler_file_free(struct pooler_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->count; i++)
        pooler_entry_clear(&file->entries[i]);
    free(file->entries);
    memset(file, 0, sizeof(*file));
}

static bool is_socket(const char *host, size_t length)
{
    return length > 0 && (*host == '/' || *host == '@');
}

static bool host_is(const char *host, size_t length, const char *address)
{
    size_t address_length = address ? strlen(address) : 0;

    /* /run/postgresql/ is /run/postgresql */
    while (length > 1 && *host == '/' && host[length - 1] == '/')
        length--;
    while (address_length > 1 && *address == '/' && address[address_length - 1] == '/')
        address_length--;
    if (length != address_length)
        return false;
    if (length == 0)
        return true;
    return is_socket(host, length) ? strncmp(host, address, length) == 0
                                   : strncasecmp(host, address, length) == 0;
}

/* As PgBouncer reads it: atoi(), so that "05432" and "5432x" are 5432. */
static bool port_is(const char *port, const char *address)
{
    return atoi(port ? port : DEFAULT_PORT) == atoi(address ? address : DEFAULT_PORT);
}

static bool is_at(const struct pooler_entry *entry, const char *host, size_t length,
                  const struct pooler_address *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (host_is(host, length, addresses[i].host) && port_is(entry->port, addresses[i].port))
            return true;
    }
    return false;
}

/* How many hosts the entry's list has, and how many of them are at one of the addresses. */
static void count_hosts(const struct pooler_entry *entry, const struct pooler_address *addresses,
                        size_t count, size_t *ret_hosts, size_t *ret_there)
{
    const char *host = entry->host ? entry->host : "";
    size_t hosts = 0, there = 0;

    for (;;) {
        size_t length = strcspn(host, ",");

        while (length > 0 && pooler_is_space(*host)) {
            host++;
            length--;
        }
        hosts++;
        there += is_at(entry, host, length, addresses, count);
        host += length;
        if (!*host)
            break;
        host++;
    }
    *ret_hosts = hosts;
    *ret_there = there;
}

void pooler_addresses_read(struct pooler_address *addresses, const struct config_address *list,
                           size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        addresses[i].host = list[i].host;
        addresses[i].port = list[i].port;
    }
}

bool pooler_entry_is_at(const struct pooler_entry *entry, const struct pooler_address *addresses,
                        size_t count)
{
    size_t hosts, there;

    count_hosts(entry, addresses, count, &hosts, &there);
    return there > 0;
}

static void add_value(struct text *out, const char *value, bool quoted)
{
    if (!quoted && *value && !strpbrk(value, " \t'")) {
        text_add_string(out, value);
        return;
    }
    text_add_string(out, "'");
    for (; *value; value++) {
        if (*value == '\'')
            text_add_string(out, "'");
        text_add_bytes(out, value, 1);
    }
    text_add_string(out, "'");
}

/* Copies from *from up to the place and puts `value` there; a NULL value takes the word out. A
   quoted value stays quoted: PgBouncer skips the one character behind its closing quote. */
static void replace(struct text *out, const char **from, const struct pooler_place *place,
                    const char *value)
{
    if (value) {
        text_add_bytes(out, *from, (size_t) (place->start - *from));
        add_value(out, value, *place->start == '\'');
        *from = place->end;
    } else {
        text_add_bytes(out, *from, (size_t) (place->key - *from));
        *from = place->next;
    }
}

static void add_missing(struct text *out, const struct pooler_found *found, bool *is_empty,
                        const char *key, const char *value)
{
    if (found->value_end > found->value || !*is_empty)
        text_add_string(out, " ");
    text_add(out, "%s=", key);
    add_value(out, value, false);
    *is_empty = false;
}

/* Writes the rest of the file up to this entry's end, with the entry pointed `to`. */
static void write_entry(struct text *out, const char **from, const struct pooler_found *found,
                        const struct pooler_address *to)
{
    const char *host = to->host && *to->host ? to->host : NULL;
    const char *port = to->port && *to->port ? to->port : DEFAULT_PORT;
    bool is_empty = true;
    bool host_first = found->host.key && (!found->port.key || found->host.key < found->port.key);

    if (host_first)
        replace(out, from, &found->host, host);
    if (found->port.key)
        replace(out, from, &found->port, port);
    if (!host_first && found->host.key)
        replace(out, from, &found->host, host);
    text_add_bytes(out, *from, (size_t) (found->value_end - *from));
    *from = found->value_end;
    if (!found->host.key && host)
        add_missing(out, found, &is_empty, "host", host);
    if (!found->port.key)
        add_missing(out, found, &is_empty, "port", port);
}

static bool point_all(struct pooler_scan *scan, const struct pooler_address *from,
                      size_t from_count, const struct pooler_address *to, struct text *out,
                      size_t *ret_moved)
{
    const char *copied = scan->content;
    size_t moved = 0;

    for (size_t i = 0; i < scan->count; i++) {
        const struct pooler_found *found = &scan->list[i];
        size_t hosts, there;

        count_hosts(&found->entry, from, from_count, &hosts, &there);
        if (there == 0)
            continue;
        if (there < hosts)
            return pooler_scan_refuse(
                scan, found->value,
                "the entry's host list holds the server that is cut over and others",
                "Give the entry a single host: connections to the others would go on "
                "while this server's are held.");
        write_entry(out, &copied, found, to);
        moved++;
    }
    text_add_string(out, copied);
    *ret_moved = moved;
    return true;
}

bool pooler_file_point(const char *content, const char *where, const struct pooler_address *from,
                       size_t from_count, const struct pooler_address *to, char **ret_content,
                       size_t *ret_moved, struct fault *fault)
{
    struct pooler_scan scan = {.content = content, .where = where, .fault = fault};
    struct text out = {0};
    bool ok = pooler_scan_read(&scan) && point_all(&scan, from, from_count, to, &out, ret_moved);

    if (ok)
        *ret_content = text_take(&out);
    text_free(&out);
    pooler_scan_clear(&scan);
    return ok;
}

/* --- entries that are tried ------------------------------------------------------------------ */

struct trials {
    struct pooler_trial *list;
    char **values; /* as text, to find those that are the same */
    size_t count;
};

static void trials_clear(struct trials *trials)
{
    for (size_t i = 0; i < trials->count; i++)
        free(trials->values[i]);
    free(trials->values);
    pooler_trials_free(trials->list, trials->count);
}

/* What the entry will say, with its dbname. */
static char *trial_value(const struct pooler_found *found, const struct pooler_address *to,
                         const char *fallback)
{
    const char *from = found->value, *name = found->entry.name;
    struct text value = {0};

    write_entry(&value, &from, found, to);
    if (!found->entry.dbname) {
        text_add_string(&value, " dbname=");
        add_value(&value, strcmp(name, "*") == 0 ? fallback : name, false);
    }
    return text_take(&value);
}

static void add_trial(struct trials *trials, const struct pooler_found *found, char *value)
{
    struct text name = {0};

    for (size_t i = 0; i < trials->count; i++) {
        if (strcmp(trials->values[i], value) == 0) {
            free(value);
            return;
        }
    }
    text_add(&name, POOLER_TRIAL "_%zu", trials->count + 1);
    trials->list = memory_grow(trials->list, (trials->count + 1) * sizeof(*trials->list));
    trials->values = memory_grow(trials->values, (trials->count + 1) * sizeof(*trials->values));
    trials->list[trials->count].name = text_take(&name);
    trials->list[trials->count].stands_for = memory_copy(found->entry.name);
    trials->values[trials->count++] = value;
}

/* Behind `last`, whose line may be the last one of the file and without an end. */
static void write_trials(struct text *out, const struct pooler_scan *scan,
                         const struct pooler_found *last, const struct trials *trials)
{
    const char *end = last->value_end + strcspn(last->value_end, "\n");

    text_add_bytes(out, scan->content, (size_t) (end - scan->content));
    for (size_t i = 0; i < trials->count; i++)
        text_add(out, "\n%s = %s", trials->list[i].name, trials->values[i]);
    text_add_string(out, end);
}

static bool find_trials(struct pooler_scan *scan, const struct pooler_address *from,
                        size_t from_count, const struct pooler_address *to, const char *fallback,
                        struct trials *trials, const struct pooler_found **ret_last)
{
    for (size_t i = 0; i < scan->count; i++) {
        const struct pooler_found *found = &scan->list[i];

        if (strncmp(found->entry.name, POOLER_TRIAL, strlen(POOLER_TRIAL)) == 0)
            return pooler_scan_refuse(scan, found->value,
                                      "an entry is called as those that are tried, " POOLER_TRIAL,
                                      "Remove it, or give it another name.");
        if (!pooler_entry_is_at(&found->entry, from, from_count))
            continue;
        add_trial(trials, found, trial_value(found, to, fallback));
        *ret_last = found;
    }
    return true;
}

bool pooler_file_try(const char *content, const char *where, const struct pooler_address *from,
                     size_t from_count, const struct pooler_address *to, const char *fallback,
                     char **ret_content, struct pooler_trial **ret_trials, size_t *ret_count,
                     struct fault *fault)
{
    struct pooler_scan scan = {.content = content, .where = where, .fault = fault};
    struct trials trials = {0};
    const struct pooler_found *last = NULL;
    struct text out = {0};
    bool ok = pooler_scan_read(&scan) &&
              find_trials(&scan, from, from_count, to, fallback, &trials, &last);

    if (ok && last)
        write_trials(&out, &scan, last, &trials);
    else if (ok)
        text_add_string(&out, content);
    if (ok) {
        *ret_content = text_take(&out);
        *ret_trials = trials.list;
        *ret_count = trials.count;
        trials.list = NULL;
    }
    trials_clear(&trials);
    text_free(&out);
    pooler_scan_clear(&scan);
    return ok;
}

void pooler_trials_free(struct pooler_trial *trials, size_t count)
{
    for (size_t i = 0; trials && i < count; i++) {
        free(trials[i].name);
        free(trials[i].stands_for);
    }
    free(trials);
}
