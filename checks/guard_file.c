#include "guard_file.h"

#include "../cutover/base/digest.h"
#include "../cutover/base/text.h"
#include "json_file.h"

#include <stdlib.h>
#include <string.h>

static const struct json_file guard_json = {
    .name = "guard",
    .hint = "the guard keeps its baseline in the run directory: it must be writable",
    .busy = "another guard is at work",
    .busy_hint = "one guard a run: end the other one first",
    .schema_version = 1,
    .size_max = 1024 * 1024,
};

/* --- the key ---------------------------------------------------------------------------------- */

static void add_part(struct text *text, const char *part)
{
    text_add(text, "%zu:%s ", part ? strlen(part) : 0, part ? part : "");
}

/* http://user:password@host is keyed as http://host */
static void add_url(struct text *text, const char *url)
{
    const char *host = strstr(url, "://") + 3, *end = host + strcspn(host, "/?#"), *at;

    for (at = host; at < end; at++)
        if (*at == '@')
            host = at + 1;
    add_part(text, host);
}

void guard_file_key(const struct config_probe *probe, char ret_key[65])
{
    static const char *const where[] = {"service", "host", "hostaddr", "port", "dbname", "user"};
    struct text text = {0};
    size_t i;

    add_part(&text, config_probe_kind(probe));
    if (probe->url)
        add_url(&text, probe->url);
    else
        add_part(&text, probe->sql ? probe->sql : probe->command);
    for (i = 0; probe->conninfo && i < sizeof(where) / sizeof(where[0]); i++) {
        char *value = config_conninfo_value(probe->conninfo, where[i]);

        add_part(&text, value);
        free(value);
    }
    digest_sha256(text_string(&text), text.length, ret_key);
    text_free(&text);
}

/* --- the files -------------------------------------------------------------------------------- */

bool guard_file_lock(const char *directory, int *ret_lock, struct fault *fault)
{
    return json_file_lock(&guard_json, directory, "beginning to guard", ret_lock, fault);
}

static bool tally_of(const cJSON *item, const char *key, struct guard_tally *ret_tally)
{
    const cJSON *tally = cJSON_GetObjectItem(item, key);
    const cJSON *runs = cJSON_GetObjectItem(tally, "runs");
    const cJSON *errors = cJSON_GetObjectItem(tally, "errors");

    if (!cJSON_IsNumber(runs) || !cJSON_IsNumber(errors) || errors->valuedouble < 0 ||
        runs->valuedouble < errors->valuedouble || runs->valuedouble > 1e12)
        return false;
    *ret_tally = (struct guard_tally){(int64_t) runs->valuedouble, (int64_t) errors->valuedouble};
    return true;
}

static void take_probe(const cJSON *item, struct guard_kept *kept)
{
    struct guard_baseline baseline;

    if (!string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(item, "name")), kept->name) ||
        !string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(item, "key")), kept->key))
        return;
    if (tally_of(item, "before", &baseline.before) && tally_of(item, "now", &baseline.now))
        *kept->baseline = baseline;
}

void guard_file_read(const char *directory, struct guard_kept *kept, size_t count)
{
    cJSON *root = json_file_read(&guard_json, directory);
    const cJSON *item;
    size_t i;

    cJSON_ArrayForEach(item, cJSON_GetObjectItem(root, "probes"))
    {
        for (i = 0; i < count; i++)
            take_probe(item, &kept[i]);
    }
    cJSON_Delete(root);
}

static void add_tally(cJSON *item, const char *key, const struct guard_tally *tally)
{
    cJSON *object = cJSON_AddObjectToObject(item, key);

    cJSON_AddNumberToObject(object, "runs", (double) tally->runs);
    cJSON_AddNumberToObject(object, "errors", (double) tally->errors);
}

bool guard_file_write(const char *directory, const struct guard_kept *kept, size_t count,
                      struct fault *fault)
{
    cJSON *root = cJSON_CreateObject(), *probes;
    bool good;
    size_t i;

    cJSON_AddNumberToObject(root, "schema_version", guard_json.schema_version);
    probes = cJSON_AddArrayToObject(root, "probes");
    for (i = 0; i < count; i++) {
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "name", kept[i].name);
        cJSON_AddStringToObject(item, "key", kept[i].key);
        add_tally(item, "before", &kept[i].baseline->before);
        add_tally(item, "now", &kept[i].baseline->now);
        cJSON_AddItemToArray(probes, item);
    }
    good = json_file_write(&guard_json, directory, "keeping the baseline in", root, fault);
    cJSON_Delete(root);
    return good;
}
