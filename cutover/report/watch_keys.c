#include "watch_keys.h"

#include "../base/text.h"

#include <string.h>

enum { GROUND, ESCAPE, SEQUENCE, SINGLE };

static enum watch_key plain(unsigned char byte)
{
    if (byte >= '1' && byte <= '9')
        return (enum watch_key)(WATCH_KEY_1 + (byte - '1'));
    switch (byte) {
    case 'q':
    case 'Q':
        return WATCH_KEY_QUIT;
    case ' ':
        return WATCH_KEY_PAUSE;
    case '?':
    case 'h':
        return WATCH_KEY_HELP;
    case 's':
        return WATCH_KEY_SORT;
    case '\t':
        return WATCH_KEY_NEXT;
    case '0':
        return WATCH_KEY_ALL;
    case '\r':
    case '\n':
        return WATCH_KEY_ENTER;
    case 'k':
        return WATCH_KEY_UP;
    case 'j':
        return WATCH_KEY_DOWN;
    default:
        return WATCH_KEY_NONE;
    }
}

/* The byte that ends a sequence: CSI A, SS3 A, CSI 5 ~. */
static enum watch_key final(unsigned char byte, int number)
{
    switch (byte) {
    case 'A':
        return WATCH_KEY_UP;
    case 'B':
        return WATCH_KEY_DOWN;
    case 'H':
        return WATCH_KEY_HOME;
    case 'F':
        return WATCH_KEY_END;
    case 'Z':
        return WATCH_KEY_PREVIOUS;
    case '~':
        return number == 5                  ? WATCH_KEY_PAGE_UP
               : number == 6                ? WATCH_KEY_PAGE_DOWN
               : number == 1 || number == 7 ? WATCH_KEY_HOME
               : number == 4 || number == 8 ? WATCH_KEY_END
                                            : WATCH_KEY_NONE;
    default:
        return WATCH_KEY_NONE;
    }
}

static enum watch_key in_sequence(struct watch_keys *keys, unsigned char byte)
{
    if (byte >= '0' && byte <= '9' && keys->state == SEQUENCE) {
        keys->number = keys->number < 1000 ? keys->number * 10 + (byte - '0') : keys->number;
        return WATCH_KEY_NONE;
    }
    if (byte >= 0x20 && byte < 0x40 && keys->state == SEQUENCE) {
        keys->number = byte == ';' ? 9999 : keys->number; /* with Shift or Ctrl: another key */
        return WATCH_KEY_NONE;
    }
    keys->state = GROUND;
    return keys->number == 9999 ? WATCH_KEY_NONE : final(byte, keys->number);
}

enum watch_key watch_key_of(struct watch_keys *keys, char typed)
{
    unsigned char byte = (unsigned char) typed;

    if (byte == 0x1b) {
        keys->state = ESCAPE;
        return WATCH_KEY_NONE;
    }
    if (keys->state == ESCAPE) {
        keys->number = 0;
        keys->state = byte == '[' ? SEQUENCE : byte == 'O' ? SINGLE : GROUND;
        return keys->state == GROUND ? plain(byte) : WATCH_KEY_NONE;
    }
    return keys->state == GROUND ? plain(byte) : in_sequence(keys, byte);
}

/* It stays open for the rest of a sequence: that may still be on its way. */
enum watch_key watch_key_end(struct watch_keys *keys)
{
    return keys->state == ESCAPE ? WATCH_KEY_ESCAPE : WATCH_KEY_NONE;
}

/* --- a copy ----------------------------------------------------------------------------------- */

static void *copied(const void *list, size_t size)
{
    void *copy = memory_new(size + 1);

    if (size)
        memcpy(copy, list, size);
    return copy;
}

static void copy_server(struct watch_server *server)
{
    size_t i;

    server->slots = copied(server->slots, server->slot_count * sizeof(*server->slots));
    for (i = 0; i < server->slot_count; i++) {
        server->slots[i].series = copied(server->slots[i].series, sizeof(*server->slots[i].series));
        server->slots[i].memory = NULL; /* the sampler's, which goes on with the one it has */
    }
    server->subscriptions =
        copied(server->subscriptions, server->subscription_count * sizeof(*server->subscriptions));
}

struct watch *watch_copy(const struct watch *watch)
{
    struct watch *copy = copied(watch, sizeof(*watch));
    size_t i, j;

    copy->clusters = copied(watch->clusters, watch->cluster_count * sizeof(*watch->clusters));
    for (i = 0; i < copy->cluster_count; i++) {
        struct watch_cluster *cluster = &copy->clusters[i];

        cluster->servers =
            copied(cluster->servers, cluster->server_count * sizeof(*cluster->servers));
        for (j = 0; j < cluster->server_count; j++)
            copy_server(&cluster->servers[j]);
        cluster->consoles =
            copied(cluster->consoles, cluster->console_count * sizeof(*cluster->consoles));
        for (j = 0; j < cluster->console_count; j++)
            cluster->consoles[j].pools =
                copied(cluster->consoles[j].pools,
                       cluster->consoles[j].pool_count * sizeof(struct watch_pool));
    }
    return copy;
}
