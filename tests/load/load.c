/*
 * load: writers that remember what they were told.
 *
 * Every client runs small transactions at a fixed rate and writes down each COMMIT that the server
 * acknowledged, when it began and when the answer came. tests/lib/accounting.py compares that with
 * what the tables hold afterwards. With --prepare the clients of the poolers prepare their
 * statements once a connection, by the protocol: a pooler in transaction mode has to know of them.
 */
#include "client.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_CONNINFOS 64
#define MAX_HOLDERS 64
#define MAX_CLIENTS 1024

static struct {
    const char *log_directory;
    const char *pooled[MAX_CONNINFOS];
    const char *direct;
    int64_t hold_ms[MAX_HOLDERS];
    int pooled_count, holder_count, clients, first_client;
    double rate, direct_rate, seconds;
} options = {.clients = 1, .first_client = 1, .rate = 10, .direct_rate = 1};

static FILE *open_log(const char *name)
{
    char path[4096];

    if (snprintf(path, sizeof path, "%s/%s", options.log_directory, name) >= (int) sizeof path) {
        die("the path of \"%s\" is too long", name);
    }
    FILE *file = fopen(path, "a");
    if (file == NULL) {
        die("could not open \"%s\": %s", path, strerror(errno));
    }
    return file;
}

static void add_client(struct client *client, int index, enum kind kind, const char *conninfo,
                       double rate)
{
    char name[48];

    client->number = options.first_client + index;
    client->kind = kind;
    client->conninfo = conninfo;
    client->period = (int64_t) ((double) NS_PER_S / rate);
    client->offset = client->period * (index % 97) / 97;
    snprintf(name, sizeof name, "client-%d.log", client->number);
    client->log = open_log(name);
}

static int add_clients(struct client *clients)
{
    int count = 0;

    for (int i = 0; i < options.clients; i++, count++) {
        add_client(&clients[count], count, POOLED, options.pooled[i % options.pooled_count],
                   options.rate);
    }
    for (int i = 0; i < options.holder_count; i++, count++) {
        add_client(&clients[count], count, HOLDING, options.pooled[i % options.pooled_count],
                   500.0 / (double) options.hold_ms[i]);
        clients[count].hold = options.hold_ms[i] * NS_PER_MS;
    }
    if (options.direct != NULL) {
        add_client(&clients[count], count, DIRECT, options.direct, options.direct_rate);
        count++;
    }
    return count;
}

static void wait_for_the_end(const sigset_t *signals)
{
    int64_t end = shared.begun + (int64_t) (options.seconds * (double) NS_PER_S);
    int received = 0;

    while (received <= 0) {
        int64_t left = options.seconds > 0 ? end - now_ns() : 3600 * NS_PER_S;
        if (left <= 0) {
            break;
        }
        struct timespec timeout = {.tv_sec = (time_t) (left / NS_PER_S),
                                   .tv_nsec = (long) (left % NS_PER_S)};
        received = sigtimedwait(signals, NULL, &timeout);
    }
    pthread_mutex_lock(&shared.lock);
    shared.stop = true;
    shared.stopped = now_ns();
    pthread_cond_broadcast(&shared.stopping);
    pthread_mutex_unlock(&shared.lock);
}

/* A client that had no answer for a while when the run ended has a gap that is still open. */
static void print_gap(const struct gap *gap)
{
    struct gap whole = *gap;

    bool open = whole.last != 0 && shared.stopped - whole.last > whole.longest;
    if (open) {
        note_gap(&whole, shared.stopped);
    }
    printf("\"longest_gap_ms\": %.3f, \"gap_from_ns\": %" PRId64 ", \"gap_to_ns\": %" PRId64
           ", \"gap_open\": %s",
           (double) whole.longest / (double) NS_PER_MS, whole.from, whole.from + whole.longest,
           open ? "true" : "false");
}

static void print_summary(const struct client *clients, int count)
{
    int64_t commits = 0, errors = 0, unknown = 0;

    for (int i = 0; i < count; i++) {
        commits += clients[i].commits;
        errors += clients[i].errors;
        unknown += clients[i].unknown;
    }
    printf("{\"schema_version\": 1, \"begun_ns\": %" PRId64 ", \"stopped_ns\": %" PRId64
           ", \"commits\": %" PRId64 ", \"errors\": %" PRId64 ", \"unknown\": %" PRId64 ",\n ",
           shared.begun, shared.stopped, commits, errors, unknown);
    print_gap(&shared.gap);
    fputs(",\n \"clients\": [", stdout);
    for (int i = 0; i < count; i++) {
        const struct client *client = &clients[i];
        printf(
            "%s\n  {\"client\": %d, \"kind\": \"%s\", \"database\": \"%s\", \"commits\": %" PRId64
            ", \"errors\": %" PRId64 ", \"unknown\": %" PRId64 ", ",
            i > 0 ? "," : "", client->number, kind_names[client->kind], client->database,
            client->commits, client->errors, client->unknown);
        print_gap(&client->gap);
        fputs("}", stdout);
    }
    fputs("]}\n", stdout);
}

static void usage(FILE *stream)
{
    fputs("Usage: load --log DIR --client-database CONNINFO [OPTION]...\n\n"
          "  --log DIR                   directory of client-N.log, clients.log and errors.log\n"
          "  --client-database CONNINFO  where clients write; repeat to spread them\n"
          "  --clients N                 how many (1)\n"
          "  --rate R                    transactions per second of each client (10)\n"
          "  --first-client N            number of the first client (1)\n"
          "  --hold-open MS              one more client, whose transactions stay open MS; repeat\n"
          "  --direct CONNINFO           one more client, past the poolers\n"
          "  --direct-rate R             its transactions per second (1)\n"
          "  --prepare                   clients of the poolers prepare their statements\n"
          "  --seconds S                 end by itself (default: at SIGTERM or SIGINT)\n",
          stream);
}

static double number_of(const char *option, const char *text, double least, double most)
{
    char *end;

    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= least && value <= most)) {
        die("--%s: \"%s\" is not a number from %g to %g", option, text, least, most);
    }
    return value;
}

static void take_option(int option, const char *name)
{
    switch (option) {
    case 'l':
        options.log_directory = optarg;
        break;
    case 'r':
        options.rate = number_of(name, optarg, 0.01, 100000);
        break;
    case 'c':
        options.clients = (int) number_of(name, optarg, 0, MAX_CLIENTS);
        break;
    case 'f':
        options.first_client = (int) number_of(name, optarg, 1, 1e9);
        break;
    case 'd':
        options.direct = optarg;
        break;
    case 'D':
        options.direct_rate = number_of(name, optarg, 0.01, 100000);
        break;
    case 's':
        options.seconds = number_of(name, optarg, 0.01, 1e6);
        break;
    case 'p':
        shared.prepare = true;
        break;
    case 'b':
        if (options.pooled_count == MAX_CONNINFOS) {
            die("more than %d databases", MAX_CONNINFOS);
        }
        options.pooled[options.pooled_count++] = optarg;
        break;
    case 'o':
        if (options.holder_count == MAX_HOLDERS) {
            die("more than %d transactions to hold open", MAX_HOLDERS);
        }
        options.hold_ms[options.holder_count++] = (int64_t) number_of(name, optarg, 1, 1e7);
        break;
    default:
        break;
    }
}

static void parse_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"log", required_argument, NULL, 'l'},
        {"rate", required_argument, NULL, 'r'},
        {"clients", required_argument, NULL, 'c'},
        {"first-client", required_argument, NULL, 'f'},
        {"client-database", required_argument, NULL, 'b'},
        {"direct", required_argument, NULL, 'd'},
        {"direct-rate", required_argument, NULL, 'D'},
        {"hold-open", required_argument, NULL, 'o'},
        {"prepare", no_argument, NULL, 'p'},
        {"seconds", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option, index = 0;

    while ((option = getopt_long(argc, argv, "", known, &index)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(0);
        }
        if (option == '?') {
            usage(stderr);
            exit(2);
        }
        take_option(option, known[index].name);
    }
    if (optind != argc || options.log_directory == NULL ||
        (options.pooled_count == 0 && (options.clients > 0 || options.holder_count > 0))) {
        usage(stderr);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    sigset_t signals;
    pthread_condattr_t attributes;

    parse_options(argc, argv);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&shared.stopping, &attributes);
    shared.errors = open_log("errors.log");
    shared.clients = open_log("clients.log");

    struct client *clients = calloc(MAX_CLIENTS + MAX_HOLDERS + 1, sizeof *clients);
    if (clients == NULL) {
        die("out of memory");
    }
    int count = add_clients(clients);
    shared.begun = now_ns();
    for (int i = 0; i < count; i++) {
        int error = pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
        if (error != 0) {
            die("could not start a thread: %s", strerror(error));
        }
    }
    wait_for_the_end(&signals);
    for (int i = 0; i < count; i++) {
        pthread_join(clients[i].thread, NULL);
    }
    print_summary(clients, count);
    fclose(shared.errors);
    fclose(shared.clients);
    pthread_cond_destroy(&shared.stopping);
    pthread_condattr_destroy(&attributes);
    free(clients);
    return 0;
}
