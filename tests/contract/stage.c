#include "stage.h"

#include "../../cutover/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_S 20

/* The fake's host knows these two files only. */
static const char blue_content[] = "[databases]\npostgres = host=10.0.0.7 port=5432\n"
                                   "shop = host=10.0.0.7 port=5432\n";
static const char green_content[] = "[databases]\npostgres = host=10.0.0.8 port=5432\n"
                                    "shop = host=10.0.0.8 port=5432\n";

static struct stage *stage_new(bool is_fake)
{
    struct stage *stage = memory_new(sizeof(*stage));

    stage->is_fake = is_fake;
    stage->content[BLUE] = blue_content;
    stage->content[GREEN] = green_content;
    return stage;
}

int stage_fake(void **state)
{
    struct stage *stage = stage_new(true);

    model_init(&stage->sim.model);
    stage->sim.model.host.has_work = stage->sim.model.host.is_configured = true;
    if (sqlite3_open(":memory:", &stage->sim.database) != SQLITE_OK)
        return -1;
    journal_close(journal_over(stage->sim.database, NULL, NULL)); /* makes the tables */
    sim_init(&stage->sim);
    stage->driver = &stage->sim.driver;
    stage->sessions = &stage->sim.door;
    stage->files = sim_open_host(&stage->sim, "the files' host", "pooler0");
    stage->jobs = sim_open_host(&stage->sim, "the jobs' host", NULL);
    stage->file = "/etc/p.ini";
    stage->work = "/work";
    *state = stage;
    return 0;
}

static bool write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    return file && fputs(content, file) >= 0 && fclose(file) == 0;
}

int stage_real(void **state)
{
    struct stage *stage = stage_new(false);
    const char *parent = getenv("TMPDIR");
    char mark[192];

    snprintf(stage->directory, sizeof(stage->directory), "%.80s/pgc-contract-XXXXXX",
             parent ? parent : "/tmp");
    if (!mkdtemp(stage->directory))
        return -1;
    snprintf(stage->file_path, sizeof(stage->file_path), "%s/p.ini", stage->directory);
    snprintf(stage->work_path, sizeof(stage->work_path), "%s/work", stage->directory);
    snprintf(mark, sizeof(mark), "%s/pgcutover.run", stage->work_path);
    stage->file = stage->file_path;
    stage->work = stage->work_path;
    stage->loop = loop_new();
    stage->driver = loop_driver(stage->loop);
    stage->sessions = session_door_new(stage->loop);
    stage->files = host_new(stage->loop, "the files' host", "");
    stage->jobs = host_new(stage->loop, "the jobs' host", NULL);
    *state = stage;
    return mkdir(stage->work, 0700) == 0 && write_file(mark, "r1\n") &&
                   write_file(stage->file, blue_content)
               ? 0
               : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void) status, (void) type, (void) walk;
    return remove(path);
}

int stage_close(void **state)
{
    struct stage *stage = *state;
    int result = 0;

    host_free(stage->files);
    host_free(stage->jobs);
    if (stage->is_fake) {
        sim_free(&stage->sim);
        sqlite3_close(stage->sim.database);
    } else {
        stage->sessions->free(stage->sessions);
        loop_free(stage->loop);
        result = nftw(stage->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    }
    free(stage);
    return result;
}

void stage_finish(struct stage *stage, struct reply *reply)
{
    struct driver *driver = stage->driver;
    int64_t give_up_ns = driver->now_ns(driver) + PATIENCE_S * NS_PER_S;

    while (!reply_is_finished(reply) && driver->now_ns(driver) < give_up_ns)
        driver->wait(driver, driver->now_ns(driver) + NS_PER_S);
    assert_true(reply_is_finished(reply));
    assert_true(reply->answered_ns >= reply->asked_ns);
}

void stage_turn(struct stage *stage)
{
    int turns;

    for (turns = 0; turns < 20; turns++)
        stage->driver->wait(stage->driver, stage->driver->now_ns(stage->driver) + NS_PER_MS * 5);
}

void stage_next_hangs(struct stage *stage)
{
    if (!stage->is_fake)
        return;
    stage->sim.number = 0;
    stage->sim.fault_at = 1;
    stage->sim.fault = FAULT_TIMEOUT_BEFORE;
}
