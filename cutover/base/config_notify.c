/* [hooks] and [notify NAME]: what the table of options cannot say. */
#include "config_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const config_notify_events[] = {"began",  "waiting",   "switched",    "done", "undone",
                                            "failed", "recovered", "needs_human", NULL};
/* Those that a person may be called for. */
static const char *const pageable[] = {"waiting", "failed", "needs_human", NULL};

struct config_notify *config_notify_find(struct config *config, const char *name)
{
    struct config_notify *notify;

    for (size_t i = 0; i < config->notify_count; i++) {
        if (string_equal(config->notifies[i].name, name))
            return &config->notifies[i];
    }
    config->notifies =
        memory_grow(config->notifies, (config->notify_count + 1) * sizeof(*config->notifies));
    notify = &config->notifies[config->notify_count++];
    memset(notify, 0, sizeof(*notify));
    notify->name = memory_copy(name);
    config_set_defaults(CONFIG_NOTIFY, notify);
    return notify;
}

void config_notify_free(struct config *config)
{
    for (size_t i = 0; i < config->notify_count; i++)
        free(config->notifies[i].name);
    free(config->notifies);
}

static bool is_in(const char *const *list, const char *word)
{
    while (*list && !string_equal(*list, word))
        list++;
    return *list != NULL;
}

bool config_notify_wants(const struct config_notify *notify, const char *event)
{
    if (notify->event_count == 0)
        return !string_equal(notify->kind, "pagerduty") || string_equal(event, "needs_human");
    for (size_t i = 0; i < notify->event_count; i++) {
        if (string_equal(notify->events[i], event))
            return true;
    }
    return false;
}

/* On the way to this host itself there is nobody who could read it. */
bool config_is_private_url(const char *url)
{
    static const char *const here[] = {"127.0.0.1", "[::1]", "localhost"};

    if (strncasecmp(url, "https://", 8) == 0)
        return true;
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        size_t length = strlen(here[i]);

        if (strncasecmp(url, "http://", 7) == 0 && strncmp(url + 7, here[i], length) == 0 &&
            (!url[7 + length] || strchr(":/", url[7 + length])) && !strchr(url, '@'))
            return true;
    }
    return false;
}

static bool refuse(const struct config *config, const struct config_notify *notify,
                   const char *cause, const char *hint, struct fault *fault)
{
    config_fault(fault, config->file, "[notify %.60s] %s", notify->name, cause);
    fault_hint(fault, "%s", hint);
    return false;
}

static bool check_webhook(const struct config *config, const struct config_notify *notify,
                          struct fault *fault)
{
    if (!notify->url == !notify->url_file)
        return refuse(config, notify,
                      notify->url ? "has url and url_file" : "has neither url nor url_file",
                      "Give it exactly one of the two.", fault);
    return true;
}

static bool check_slack(const struct config *config, const struct config_notify *notify,
                        struct fault *fault)
{
    if (notify->url || !notify->url_file)
        return refuse(config, notify, notify->url ? "has its URL in this file" : "has no url_file",
                      "The URL lets whoever knows it write to the channel: put it into a file of "
                      "mode 0600, and name that as url_file.",
                      fault);
    if (notify->key_file)
        return refuse(config, notify, "has a key_file, which slack has no use for", "Remove it.",
                      fault);
    return true;
}

static bool check_pagerduty(const struct config *config, const struct config_notify *notify,
                            struct fault *fault)
{
    if (!notify->key_file)
        return refuse(config, notify, "has no key_file",
                      "Put the routing key into a file of mode 0600, and name that as key_file.",
                      fault);
    if (notify->url_file)
        return refuse(config, notify, "has a url_file, which pagerduty has no use for",
                      "Remove it.", fault);
    if (notify->url && config_is_url(notify->url) && !config_is_private_url(notify->url))
        return refuse(config, notify, "would send its key in the clear", "Write https.", fault);
    return true;
}

static bool check_events(const struct config *config, const struct config_notify *notify,
                         struct fault *fault)
{
    bool pages = string_equal(notify->kind, "pagerduty");
    const char *const *known = pages ? pageable : config_notify_events;
    char list[160] = "";

    for (size_t i = 0; known[i]; i++)
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "", known[i]);
    for (size_t i = 0; i < notify->event_count; i++) {
        if (is_in(known, notify->events[i]))
            continue;
        config_fault(fault, config->file, "[notify %.60s] events: there is no \"%s\"%s",
                     notify->name, config_safe_name(notify->events[i]),
                     pages ? " for pagerduty" : "");
        fault_hint(fault, "It may be: %s.", list);
        return false;
    }
    return true;
}

static bool check(const struct config *config, const struct config_notify *notify,
                  struct fault *fault)
{
    bool good = string_equal(notify->kind, "slack")       ? check_slack(config, notify, fault)
                : string_equal(notify->kind, "pagerduty") ? check_pagerduty(config, notify, fault)
                                                          : check_webhook(config, notify, fault);

    if (good && notify->url && !config_is_url(notify->url))
        return refuse(config, notify,
                      "url is not a URL; it is not shown, as it may hold a password",
                      "Write it as \"https://ops.example/pgcutover\", or with http.", fault);
    return good && check_events(config, notify, fault);
}

bool config_notify_check(const struct config *config, struct fault *fault)
{
    if (config->hooks.timeout_ms < 1) {
        config_fault(fault, config->file, "[hooks] timeout is zero");
        fault_hint(fault, "Give a hook time to end, for example 30s.");
        return false;
    }
    for (size_t i = 0; i < config->notify_count; i++) {
        if (!check(config, &config->notifies[i], fault))
            return false;
    }
    return true;
}
