/* What is sent: docs/schemas/notification.json; Slack's incoming webhooks; PagerDuty's Events v2.
 */
#include "notify.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <string.h>
#include <time.h>

/* PagerDuty refuses a longer summary. */
#define SUMMARY_MAX 1024

static void add(cJSON *object, const char *name, const char *value)
{
    struct text text = {0};

    if (value) {
        text_add_valid(&text, value); /* a file's name, a server's word: not all of it is UTF-8 */
        cJSON_AddStringToObject(object, name, text_string(&text));
        text_free(&text);
    } else {
        cJSON_AddNullToObject(object, name);
    }
}

static void add_time(cJSON *object, const char *name, int64_t wall_us)
{
    time_t seconds = (time_t) (wall_us / 1000000);
    struct tm parts;
    char day[32], text[64];

    gmtime_r(&seconds, &parts);
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, sizeof(text), "%s.%03dZ", day, (int) (wall_us / 1000 % 1000));
    cJSON_AddStringToObject(object, name, text);
}

static char *print(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object), *copy = memory_copy(text);

    cJSON_free(text);
    cJSON_Delete(object);
    return copy;
}

static char *webhook(const struct notify_message *message)
{
    cJSON *object = cJSON_CreateObject();
    char id[64];

    snprintf(id, sizeof(id), "%lld-%u", (long long) message->wall_us, message->number);
    cJSON_AddNumberToObject(object, "schema_version", 1);
    add(object, "id", id);
    add(object, "event", message->event);
    add(object, "cluster", message->cluster);
    add(object, "run", message->run);
    add(object, "command", message->command);
    add(object, "step", message->step);
    add(object, "may_write", message->may_write);
    add(object, "text", message->text);
    add(object, "next", message->next);
    add_time(object, "time", message->wall_us);
    return print(object);
}

/* Three characters mean something there. */
static void add_escaped(struct text *text, const char *string)
{
    for (; *string; string++)
        if (*string == '&')
            text_add_string(text, "&amp;");
        else if (*string == '<')
            text_add_string(text, "&lt;");
        else if (*string == '>')
            text_add_string(text, "&gt;");
        else
            text_add_bytes(text, string, 1);
}

static char *slack(const struct notify_message *message)
{
    cJSON *object = cJSON_CreateObject();
    struct text text = {0};

    add_escaped(&text, message->cluster);
    text_add_string(&text, ": ");
    add_escaped(&text, message->text);
    if (message->next) {
        text_add_string(&text, "\nNext: ");
        add_escaped(&text, message->next);
    }
    add(object, "text", text_string(&text));
    text_free(&text);
    return print(object);
}

/* Of the run, so that a later command can resolve it. */
static void add_dedup_key(cJSON *object, const struct notify_message *message)
{
    struct text key = {0};

    text_add(&key, "pgcutover/%.100s/%.100s", message->cluster, message->run ? message->run : "");
    add(object, "dedup_key", text_string(&key));
    text_free(&key);
}

/* Cut where a character begins. */
static void add_summary(cJSON *object, const struct notify_message *message)
{
    struct text text = {0}, valid = {0};
    size_t length = SUMMARY_MAX;

    text_add(&text, "%s: %s", message->cluster, message->text);
    text_add_valid(&valid, text_string(&text));
    if (valid.length > length) {
        while (length > 0 && ((unsigned char) valid.data[length] & 0xC0) == 0x80)
            length--;
        valid.data[valid.length = length] = '\0';
    }
    add(object, "summary", text_string(&valid));
    text_free(&text);
    text_free(&valid);
}

static void add_payload(cJSON *object, const struct notify_message *message)
{
    cJSON *payload = cJSON_AddObjectToObject(object, "payload"), *details;

    add_summary(payload, message);
    add(payload, "source", message->cluster);
    add(payload, "severity",
        string_equal(message->event, "needs_human") ? "critical"
        : string_equal(message->event, "failed")    ? "error"
                                                    : "warning");
    add_time(payload, "timestamp", message->wall_us);
    add(payload, "component", "pgcutover");
    add(payload, "class", message->event);
    details = cJSON_AddObjectToObject(payload, "custom_details");
    add(details, "run", message->run);
    add(details, "command", message->command);
    add(details, "step", message->step);
    add(details, "may_write", message->may_write);
    add(details, "next", message->next);
}

static bool resolves(const char *event)
{
    return string_equal(event, "done") || string_equal(event, "undone") ||
           string_equal(event, "recovered");
}

static char *pagerduty(const char *key, const struct notify_message *message, bool is_wanted)
{
    cJSON *object;

    if (!is_wanted && !resolves(message->event))
        return NULL;
    object = cJSON_CreateObject();
    add(object, "routing_key", key);
    add(object, "event_action", is_wanted ? "trigger" : "resolve");
    add_dedup_key(object, message);
    if (is_wanted)
        add_payload(object, message);
    return print(object);
}

char *notify_body(const struct config_notify *notify, const char *key,
                  const struct notify_message *message)
{
    bool is_wanted = config_notify_wants(notify, message->event);

    if (string_equal(notify->kind, "pagerduty"))
        return pagerduty(key, message, is_wanted);
    if (!is_wanted)
        return NULL;
    return string_equal(notify->kind, "slack") ? slack(message) : webhook(message);
}
