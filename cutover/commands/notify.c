/*
 * Tells others what happens, and never waits for them.
 *
 * Happy path:  said -> queued -> posted from the loop -> the answer, 2xx, ends it -> the next one.
 * Failures:    no answer within its time, another answer, no connection: dropped and counted. A
 *              full queue drops its oldest message, for the newest is the one that matters.
 * While held:  nothing is begun, and what was under way is taken back and sent again.
 */
#include "notify.h"

#include "../base/digest.h"
#include "../base/http.h"
#include "../base/loop.h"
#include "../base/scrub.h"
#include "../base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MESSAGE_MS 2000
#define END_MS 2000
#define QUEUE_MAX 32
#define SECRET_MAX 4096
#define PAGERDUTY_URL "https://events.pagerduty.com/v2/enqueue"

struct queued {
    struct queued *next;
    char *body;
    bool is_under_way;
    struct reply reply;
};

struct recipient {
    const struct config_notify *config;
    char *name; /* "notify ops" */
    char *url, *key;
    struct queued *queue;
    size_t said, dropped;
    char why[256]; /* of the last one that was dropped */
};

struct notify {
    struct driver *driver;
    struct http *http;
    struct recipient *recipients;
    size_t count;
    unsigned number;
    bool is_held, is_hurried;
};

/* --- secrets ---------------------------------------------------------------------------------- */

static bool refuse(struct fault *fault, const struct config_notify *notify, const char *path,
                   const char *cause, const char *hint)
{
    char doing[160];

    snprintf(doing, sizeof(doing), "reading, for [notify %.60s],", notify->name);
    fault_set(fault, doing, path, NULL, "%s", cause);
    fault_hint(fault, "%s", hint);
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool may_be_read(int file, const struct config_notify *notify, const char *path,
                        struct fault *fault)
{
    struct stat about;

    if (file < 0 || fstat(file, &about) < 0)
        return refuse(fault, notify, path, strerror(errno), "it must be there");
    if (!S_ISREG(about.st_mode) || about.st_size > SECRET_MAX)
        return refuse(fault, notify, path, "it is no file that could hold one line", "");
    if (about.st_mode & 077 || (about.st_uid != 0 && about.st_uid != geteuid()))
        return refuse(fault, notify, path, "others may read it",
                      "it must belong to root or to the user that runs pgcutover; \"chmod 0600\"");
    return true;
}

/* One line; what it holds is never told. */
static bool read_secret(const struct config_notify *notify, const char *path, char **ret_secret,
                        struct fault *fault)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char text[SECRET_MAX + 1];
    ssize_t length, i;

    if (!may_be_read(file, notify, path, fault)) {
        if (file >= 0)
            close(file);
        return false;
    }
    length = read(file, text, SECRET_MAX);
    close(file);
    while (length > 0 && isspace((unsigned char) text[length - 1]))
        length--;
    for (i = 0; i < length; i++)
        if (!isgraph((unsigned char) text[i]))
            return refuse(fault, notify, path, "it does not hold one word", "");
    if (length <= 0)
        return refuse(fault, notify, path, "it is empty", "");
    text[length] = '\0';
    *ret_secret = memory_copy(text);
    explicit_bzero(text, sizeof(text));
    return true;
}

static bool take_secrets(struct recipient *recipient, struct fault *fault)
{
    const struct config_notify *config = recipient->config;
    bool is_webhook = string_equal(config->kind, "webhook");

    if (config->key_file && !read_secret(config, config->key_file, &recipient->key, fault))
        return false;
    if (!config->url_file) {
        recipient->url = memory_copy(config->url ? config->url : PAGERDUTY_URL);
        return true;
    }
    if (!read_secret(config, config->url_file, &recipient->url, fault))
        return false;
    if (config_is_url(recipient->url) && (is_webhook || config_is_private_url(recipient->url)))
        return true;
    return refuse(fault, config, config->url_file, "it holds no URL, or one that is not https",
                  "write it as \"https://hooks.slack.com/services/…\", and nothing else");
}

static void recipient_free(struct recipient *recipient)
{
    free(recipient->name);
    free(recipient->url);
    free(recipient->key);
}

/* `out` NULL: nobody is told that it is left out. */
static bool add_recipient(struct notify *notify, const struct config_notify *config, bool lenient,
                          struct fault *fault)
{
    struct recipient *recipient = &notify->recipients[notify->count];
    struct text name = {0};

    text_add(&name, "notify %s", config->name);
    recipient->config = config;
    recipient->name = text_take(&name);
    notify->count++;
    if (take_secrets(recipient, fault))
        return true;
    free(recipient->url);
    recipient->url = NULL; /* nothing can be sent there */
    snprintf(recipient->why, sizeof(recipient->why), "%.200s", fault->cause);
    return lenient;
}

bool notify_new(const struct config *config, struct loop *loop, bool lenient,
                struct notify **ret_notify, struct fault *fault)
{
    struct notify *notify;
    bool good;
    size_t i;

    *ret_notify = NULL;
    if (config->notify_count == 0)
        return true;
    notify = memory_new(sizeof(*notify));
    notify->driver = loop_driver(loop);
    notify->recipients = memory_new(config->notify_count * sizeof(*notify->recipients));
    good = http_new(loop, &notify->http, fault);
    for (i = 0; good && i < config->notify_count; i++)
        good = add_recipient(notify, &config->notifies[i], lenient, fault);
    if (good)
        *ret_notify = notify;
    else
        notify_free(notify);
    return good;
}

/* --- the queue -------------------------------------------------------------------------------- */

static void take_back(struct notify *notify, struct queued *queued)
{
    if (queued->is_under_way)
        http_abandon(notify->http, &queued->reply);
    queued->is_under_way = false;
    queued->reply.state = REPLY_IDLE;
}

static void forget(struct notify *notify, struct queued **at)
{
    struct queued *queued = *at;

    take_back(notify, queued);
    *at = queued->next;
    free(queued->reply.output);
    free(queued->body);
    free(queued);
}

static void drop(struct notify *notify, struct recipient *recipient, struct queued **at,
                 const char *why)
{
    const char *const secrets[] = {recipient->url, recipient->key, NULL};
    struct text text = {0};

    text_add_scrubbed(&text, why, recipient->url ? secrets : NULL);
    recipient->dropped++;
    snprintf(recipient->why, sizeof(recipient->why), "%.250s", text_string(&text));
    text_free(&text);
    forget(notify, at);
}

void notify_free(struct notify *notify)
{
    size_t i;

    if (!notify)
        return;
    for (i = 0; i < notify->count; i++) {
        while (notify->recipients[i].queue)
            forget(notify, &notify->recipients[i].queue);
        recipient_free(&notify->recipients[i]);
    }
    http_free(notify->http);
    free(notify->recipients);
    free(notify);
}

static void enqueue(struct notify *notify, struct recipient *recipient, char *body)
{
    struct queued **at = &recipient->queue;
    size_t length = 0;

    while (*at) {
        at = &(*at)->next;
        length++;
    }
    *at = memory_new(sizeof(**at));
    (*at)->body = body;
    recipient->said++;
    if (length >= QUEUE_MAX)
        drop(notify, recipient, &recipient->queue, "too many waited to be sent");
}

void notify_say(struct notify *notify, const struct notify_message *message)
{
    struct notify_message numbered = *message;
    size_t i;

    if (!notify)
        return;
    numbered.number = ++notify->number;
    for (i = 0; i < notify->count; i++) {
        struct recipient *recipient = &notify->recipients[i];
        char *body = notify_body(recipient->config, recipient->key, &numbered);

        if (!body)
            continue;
        if (recipient->url) {
            enqueue(notify, recipient, body);
            continue;
        }
        recipient->said++;
        recipient->dropped++;
        free(body);
    }
    notify_poll(notify);
}

/* --- sending ---------------------------------------------------------------------------------- */

static void send_it(struct notify *notify, struct recipient *recipient, struct queued *queued)
{
    char signature[96] = "", hex[65];
    const char *headers[] = {"Content-Type: application/json", NULL, NULL};
    struct http_post post = {
        .name = recipient->name, .url = recipient->url, .body = queued->body, .headers = headers};

    if (recipient->key && string_equal(recipient->config->kind, "webhook")) {
        digest_hmac_sha256(recipient->key, queued->body, strlen(queued->body), hex);
        snprintf(signature, sizeof(signature), "X-Pgcutover-Signature: sha256=%s", hex);
        headers[1] = signature;
    }
    queued->is_under_way = true;
    http_post(notify->http, &post, MESSAGE_MS, &queued->reply);
}

/* True: it is through, well or badly, and gone. */
static bool take_answer(struct notify *notify, struct recipient *recipient, struct queued **at)
{
    struct reply *reply = &(*at)->reply;
    char why[64];

    if (!(*at)->is_under_way || !reply_is_finished(reply))
        return false;
    (*at)->is_under_way = false;
    if (reply->state == REPLY_OK && reply->status >= 200 && reply->status <= 299) {
        forget(notify, at);
    } else if (reply->state == REPLY_OK) {
        snprintf(why, sizeof(why), "it answered with %d", reply->status);
        drop(notify, recipient, at, why);
    } else {
        drop(notify, recipient, at, reply->fault.cause);
    }
    return true;
}

static void poll_one(struct notify *notify, struct recipient *recipient)
{
    struct queued **at = &recipient->queue;

    while (*at) {
        if (take_answer(notify, recipient, at))
            continue;
        if (!notify->is_held && !(*at)->is_under_way)
            send_it(notify, recipient, *at);
        if (!notify->is_hurried)
            return; /* in order: the next one behind its answer */
        at = &(*at)->next;
    }
}

void notify_poll(struct notify *notify)
{
    size_t i;

    for (i = 0; notify && i < notify->count; i++)
        poll_one(notify, &notify->recipients[i]);
}

void notify_hold(struct notify *notify, bool is_held)
{
    struct queued *queued;
    size_t i;

    if (!notify || notify->is_held == is_held)
        return;
    notify_poll(notify);
    notify->is_held = is_held;
    for (i = 0; is_held && i < notify->count; i++)
        for (queued = notify->recipients[i].queue; queued; queued = queued->next)
            take_back(notify, queued);
    notify_poll(notify);
}

static bool is_empty(const struct notify *notify)
{
    size_t i;

    for (i = 0; i < notify->count; i++)
        if (notify->recipients[i].queue)
            return false;
    return true;
}

/* In order for half of the time; then what is left at once: the last message matters most. */
static void drain(struct notify *notify)
{
    struct driver *driver = notify->driver;
    int64_t begun_ns = driver->now_ns(driver), end_ns = begun_ns + END_MS * NS_PER_MS;
    int64_t hurry_ns = begun_ns + END_MS / 2 * NS_PER_MS;

    notify_hold(notify, false);
    for (;;) {
        int64_t now = driver->now_ns(driver);

        notify->is_hurried = now >= hurry_ns;
        notify_poll(notify);
        if (is_empty(notify) || now >= end_ns || driver->is_interrupted(driver))
            return;
        driver->wait(driver, now < hurry_ns ? hurry_ns : end_ns);
    }
}

void notify_end(struct notify *notify, struct text *out)
{
    size_t i;

    if (!notify)
        return;
    drain(notify);
    for (i = 0; i < notify->count; i++) {
        struct recipient *recipient = &notify->recipients[i];

        while (recipient->queue)
            drop(notify, recipient, &recipient->queue, "no answer when the command had ended");
        if (recipient->dropped)
            text_add(out, "[notify %s]: %zu of %zu messages were not delivered: %s\n",
                     recipient->config->name, recipient->dropped, recipient->said, recipient->why);
        recipient->said = recipient->dropped = 0;
    }
}

void notify_explain(const struct notify *notify, struct text *out)
{
    size_t i;

    for (i = 0; notify && i < notify->count; i++)
        text_add(out, "%s%s (%s)", i ? ", " : "", notify->recipients[i].config->name,
                 notify->recipients[i].config->kind);
}
