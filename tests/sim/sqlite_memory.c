/*
 * Memory for SQLite from lists of its own: it asks for many small pieces, which with
 * AddressSanitizer cost as much as everything else together. Never given back to the system.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Sizes are 16 << class. */
#define CLASSES 24
#define BLOCK (1 << 20)

struct piece {
    union {
        struct piece *next; /* while it is free */
        uint64_t class;
    };
    uint64_t unused; /* so that what is behind it is aligned to 16 */
};

static struct piece *free_pieces[CLASSES];
static void *blocks; /* so that they are not taken for lost */
static char *room;
static size_t room_size;

static unsigned class_of(int size)
{
    unsigned class = 0;

    while (class < CLASSES - 1 && (16 << class) < size)
        class ++;
    return class;
}

static struct piece *cut(size_t size)
{
    size_t block = size + 16 > BLOCK ? size + 16 : BLOCK;
    struct piece *piece;

    if (room_size < size) {
        char *made = malloc(block);

        if (!made)
            abort();
        *(void **) made = blocks;
        blocks = made;
        room = made + 16;
        room_size = block - 16;
    }
    piece = (struct piece *) room;
    room += size;
    room_size -= size;
    return piece;
}

static void *take(int size)
{
    unsigned class = class_of(size);
    struct piece *piece = free_pieces[class];

    if (piece)
        free_pieces[class] = piece->next;
    else
        piece = cut(sizeof(*piece) + ((size_t) 16 << class));
    piece->class = class;
    return piece + 1;
}

static void give_back(void *memory)
{
    struct piece *piece = (struct piece *) memory - 1;
    uint64_t class = piece->class;

    piece->next = free_pieces[class];
    free_pieces[class] = piece;
}

static int size_of(void *memory)
{
    return memory ? 16 << ((struct piece *) memory - 1)->class : 0;
}

static void *resize(void *memory, int size)
{
    void *other;

    if (size <= size_of(memory))
        return memory;
    other = take(size);
    memcpy(other, memory, (size_t) size_of(memory));
    give_back(memory);
    return other;
}

static int round_up(int size)
{
    return 16 << class_of(size);
}

static int begin(void *context)
{
    (void) context;
    return SQLITE_OK;
}

static void end(void *context)
{
    (void) context;
}

__attribute__((constructor)) static void use_own_memory(void)
{
    static const sqlite3_mem_methods own = {take,     give_back, resize, size_of,
                                            round_up, begin,     end,    NULL};

    sqlite3_config(SQLITE_CONFIG_MALLOC, &own);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
