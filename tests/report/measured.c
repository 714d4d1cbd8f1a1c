/* What a real run measured: one of the lab, of four databases and two poolers, with load. */
#include "sample_runs.h"

#include "cutover/base/text.h"

#include <stdio.h>
#include <string.h>

#define SECOND (1000 * 1000LL)

struct span {
    const char *plan, *step, *state, *side;
    int64_t began_us, length_us; /* from when the run began */
    int is_pause;
};

static const struct span spans[] = {
    {"prepare", "survey", "done", "blue", 0, 117802, 0},
    {"prepare", "identities", "done", "blue", 118232, 6332, 0},
    {"prepare", "markers", "done", "blue", 124874, 54427, 0},
    {"prepare", "publications", "done", "blue", 179783, 3697, 0},
    {"prepare", "slots", "done", "blue", 183964, 39040, 0},
    {"prepare", "settle", "done", "blue", 224646, 4742, 0},
    {"prepare", "workplace", "done", "blue", 229884, 51416, 0},
    {"prepare", "clone", "done", "blue", 281940, 1063525, 0},
    {"prepare", "target", "done", "blue", 1346151, 4827, 0},
    {"prepare", "recover", "done", "blue", 1351546, 771554, 0},
    {"prepare", "isolate", "done", "blue", 2123592, 396740, 0},
    {"prepare", "upgrade", "done", "blue", 2520869, 6034745, 0},
    {"prepare", "start_green", "done", "blue", 8556092, 862478, 0},
    {"prepare", "extensions", "done", "blue", 9419253, 121183, 0},
    {"prepare", "reindex", "done", "blue", 9540989, 920, 0},
    {"prepare", "subscriptions", "done", "blue", 9542374, 57596, 0},
    {"prepare", "relations", "done", "blue", 9600533, 15104, 0},
    {"prepare", "origins", "done", "blue", 9616125, 10328, 0},
    {"prepare", "enable", "done", "blue", 9626979, 7763, 0},
    {"prepare", "guard", "done", "blue", 9635351, 1262, 0},
    {"prepare", "catch_up", "done", "blue", 9637224, 911027, 0},
    {"prepare", "analyze", "done", "blue", 10548725, 766730, 0},
    {"prepare", "ready", "done", "blue", 11315950, 1300, 0},
    {"cutover", "observe", "done", "blue", 14391532, 549373, 0},
    {"cutover", "review", "done", "blue", 14941458, 2315, 0},
    {"cutover", "inventory", "done", "blue", 14944218, 49119, 0},
    {"cutover", "record", "done", "blue", 14993819, 38966, 0},
    {"cutover", "reverse", "done", "blue", 15033473, 180730, 0},
    {"cutover", "arm", "done", "blue", 15216507, 415121, 0},
    {"cutover", "probe", "done", "blue", 15632478, 311576, 0},
    {"cutover", "quiet", "done", "blue", 15949150, 332447, 0},
    {"cutover", "hold", "done", "blue", 16281793, 15363, 1},
    {"cutover", "fence", "done", "nobody", 16297215, 7613, 1},
    {"cutover", "sequences", "done", "nobody", 16304875, 17175, 1},
    {"cutover", "prove", "done", "nobody", 16304863, 19324, 1},
    {"cutover", "point", "done", "nobody", 16304866, 20011, 1},
    {"cutover", "commit", "done", "green", 16324933, 1587, 1},
    {"cutover", "open", "done", "green", 16326575, 2100, 1},
    {"cutover", "release", "done", "green", 16328724, 9131, 1},
    {"cutover", "confirm", "done", "green", 16342878, 181931, 0},
    {"cutover", "unfollow", "done", "green", 16526923, 17450, 0},
    {"cutover", "turn", "done", "green", 16544833, 5173580, 0},
    {"rollback", "observe", "done", "green", 22680633, 652539, 0},
    {"rollback", "inventory", "done", "green", 23334114, 62750, 0},
    {"rollback", "record", "done", "green", 23397358, 68018, 0},
    {"rollback", "reverse", "done", "green", 23465942, 155344, 0},
    {"rollback", "arm", "done", "green", 23622259, 502284, 0},
    {"rollback", "probe", "done", "green", 24125289, 465564, 0},
    {"rollback", "quiet", "done", "green", 24600101, 360498, 0},
    {"rollback", "hold", "done", "green", 24960769, 13243, 1},
    {"rollback", "fence", "done", "nobody", 24974061, 6585, 1},
    {"rollback", "sequences", "done", "nobody", 24980700, 8887, 1},
    {"rollback", "prove", "done", "nobody", 24980693, 20662, 1},
    {"rollback", "point", "done", "nobody", 24980690, 21282, 1},
    {"rollback", "commit", "done", "blue", 25002039, 1812, 1},
    {"rollback", "open", "done", "blue", 25003878, 2196, 1},
    {"rollback", "release", "done", "blue", 25006110, 3131, 1},
    {"rollback", "confirm", "done", "blue", 25010784, 184552, 0},
    {"rollback", "unfollow", "done", "blue", 25195950, 33184, 0},
    {"rollback", "turn", "done", "blue", 25229689, 133377, 0},
    {"evict", "evict", "done", "blue", 26843426, 74636, 0},
    {"prepare", "ready", "undone", "blue", 26919480, 686, 0},
    {"prepare", "analyze", "undone", "blue", 26920200, 507, 0},
    {"prepare", "catch_up", "undone", "blue", 26920737, 446, 0},
    {"prepare", "guard", "undone", "blue", 26921227, 140508, 0},
    {"prepare", "enable", "undone", "blue", 27061816, 838, 0},
    {"prepare", "origins", "undone", "blue", 27062691, 530, 0},
    {"prepare", "relations", "undone", "blue", 27063254, 542, 0},
    {"prepare", "subscriptions", "undone", "blue", 27063829, 405, 0},
    {"prepare", "reindex", "undone", "blue", 27064264, 450, 0},
    {"prepare", "extensions", "undone", "blue", 27064750, 465, 0},
    {"prepare", "start_green", "undone", "blue", 27065251, 476, 0},
    {"prepare", "upgrade", "undone", "blue", 27065761, 478, 0},
    {"prepare", "isolate", "undone", "blue", 27066276, 647, 0},
    {"prepare", "recover", "undone", "blue", 27066966, 463, 0},
    {"prepare", "target", "undone", "blue", 27067466, 443, 0},
    {"prepare", "clone", "undone", "blue", 27067942, 478, 0},
    {"prepare", "workplace", "undone", "blue", 27068478, 492327, 0},
    {"prepare", "settle", "undone", "blue", 27560878, 338, 0},
    {"prepare", "slots", "undone", "blue", 27561351, 5442, 0},
    {"prepare", "publications", "undone", "blue", 27566947, 8675, 0},
    {"prepare", "markers", "undone", "blue", 27575680, 8282, 0},
    {"prepare", "identities", "undone", "blue", 27584080, 5622, 0},
    {"prepare", "survey", "undone", "blue", 27589760, 306, 0},
};
#define SPANS (sizeof(spans) / sizeof(*spans))

static const char *sentence_of(const char *step)
{
    static const char *const sentences[][2] = {
        {"clone", "Copy blue's files with pg_basebackup, behind the slots"},
        {"upgrade", "pg_upgrade the copy to the new major"},
        {"catch_up", "Wait until green has applied what blue wrote since the clone"},
        {"hold", "PAUSE every entry of every pooler, and see that it is so"},
        {"fence", "Close the publisher: read-only, no CONNECT, sessions ended"},
        {"prove", "Wait until the subscriber has everything that was written"},
        {"commit", "Write down that clients are on the other server now"},
        {"release", "RESUME every entry of every pooler"},
    };
    size_t i;

    for (i = 0; i < sizeof(sentences) / sizeof(*sentences); i++)
        if (string_equal(sentences[i][0], step))
            return sentences[i][1];
    return "What this step does, in a sentence for people";
}

struct report_step *sample_step(struct report *report, const char *plan, const char *step,
                                const char *state, const char *side, int64_t began_us,
                                int64_t length_us)
{
    struct report_step *made = &report->steps[report->step_count++];

    *made = (struct report_step){.plan = plan,
                                 .step = step,
                                 .what = sentence_of(step),
                                 .state = state,
                                 .side = side,
                                 .began_us = began_us,
                                 .ended_us = length_us == REPORT_UNKNOWN ? REPORT_UNKNOWN
                                                                         : began_us + length_us,
                                 .is_precise = true};
    return made;
}

void sample_spans(struct report *report, const char *until)
{
    size_t i;

    report->steps = arena_take(report->arena, (SPANS + 16) * sizeof(*report->steps));
    for (i = 0; i < SPANS; i++) {
        const struct span *span = &spans[i];
        struct report_step *step;

        if (string_equal(until, span->plan) ||
            (string_equal(until, "undone") && string_equal(span->state, "undone")))
            break;
        step = sample_step(report, span->plan, span->step, span->state, span->side,
                           SAMPLE_BEGAN + span->began_us, span->length_us);
        step->is_pause = span->is_pause != 0;
    }
}

/* Always the same. */
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Writes one after the other, 10 ms apart, as the client probe makes them. */
static void write_probes(struct report *report, struct report_pooler *pooler, int64_t from_us,
                         int64_t to_us, uint32_t seed, size_t failures)
{
    int64_t at_us = from_us;

    pooler->list = arena_take(report->arena, 3000 * sizeof(*pooler->list));
    while (at_us < to_us && pooler->count < 3000) {
        int64_t latency_us = 900 + next(&seed) % 1900 + (next(&seed) % 25 ? 0 : 7000);
        struct report_probe *probe = &pooler->list[pooler->count++];
        bool is_held = at_us < pooler->released_us && at_us + latency_us > pooler->held_us;

        if (is_held)
            latency_us = pooler->released_us + 9000 + next(&seed) % 4000 - at_us;
        *probe = (struct report_probe){at_us, latency_us, "acknowledged", ""};
        if (is_held || pooler->failed < 1 || (size_t) pooler->failed >= failures)
            ;
        else if (at_us > pooler->released_us)
            pooler->failed++;
        if (failures && is_held) {
            *probe = (struct report_probe){at_us, latency_us, "failed", "57P01"};
            pooler->failed = 1;
        }
        at_us += latency_us + 10000;
    }
    pooler->probes = (int64_t) pooler->count;
}

static const struct report_felt unknown = {REPORT_UNKNOWN, REPORT_UNKNOWN, REPORT_UNKNOWN,
                                           REPORT_UNKNOWN, REPORT_UNKNOWN, REPORT_UNKNOWN};

struct report_move *sample_move(struct report *report, const char *plan, const char *from,
                                const char *to, int64_t began_us, int64_t ended_us, int64_t held_us,
                                int64_t released_us)
{
    struct report_move *move = &report->moves[report->move_count++];

    *move = (struct report_move){.plan = plan,
                                 .from = from,
                                 .to = to,
                                 .outcome = "done",
                                 .began_us = began_us,
                                 .ended_us = ended_us,
                                 .held_us = held_us,
                                 .released_us = released_us,
                                 .budget_us = 5 * SECOND,
                                 .proof = "silence",
                                 .target_lsn = "0/519F960"};
    return move;
}

void sample_poolers(struct report *report, struct report_move *move, size_t count, size_t failures)
{
    size_t i;

    move->poolers = arena_take(report->arena, count * sizeof(*move->poolers));
    move->pooler_count = count;
    for (i = 0; i < count; i++) {
        struct report_pooler *pooler = &move->poolers[i];

        *pooler = (struct report_pooler){
            .name = arena_print(report->arena, "p%zu", i + 1),
            .held_us = move->held_us + (int64_t) (i % 5) * 700,
            .released_us = move->released_us - (int64_t) (i % 3) * 1100,
            .state = "measured",
            .account = "yes",
            .before = {29, 0, 22967, 11916, 4038, 9},
            .held = {1, failures ? 1 : 0,
                     move->released_us - move->held_us + 28485 + (int64_t) i * 12485,
                     failures ? REPORT_UNKNOWN : 73974, failures ? REPORT_UNKNOWN : 73974, 0},
            .after = {161, 0, 22328, 7797, 1561, 3}};
        write_probes(report, pooler, move->held_us - 850000 + (int64_t) i * 1100,
                     move->released_us + 2 * SECOND, (uint32_t) i + 7, failures);
    }
}

void sample_not_probed(struct report_pooler *pooler, const char *why)
{
    pooler->state = why;
    pooler->account = NULL;
    pooler->before = pooler->held = pooler->after = unknown;
    pooler->probes = pooler->failed = REPORT_UNKNOWN;
    pooler->list = NULL;
    pooler->count = 0;
}

void sample_lag(struct report *report, struct report_lag *lag, const char *side, const char *slot,
                const char *database)
{
    static const struct {
        int64_t at_ms, behind, lag_ms;
    } points[] = {
        {245, 3096, 4},         {1190, 30938896, 951},  {2189, 31066440, 1951},
        {3190, 31138664, 2951}, {4189, 31219488, 3951}, {5189, 31296544, 4951},
        {6192, 31382064, 5952}, {7190, 31458792, 6951}, {8189, 31535488, 7951},
        {9188, 31612512, 8950}, {10190, 6816, 3},       {11189, 9192, 3},
        {14489, 11760, 6},      {15621, 4968, 177},     {16397, 0, 0},
    };
    size_t i, shift = report->lag_count;

    *lag = (struct report_lag){.side = side, .slot = slot, .database = database};
    lag->points =
        arena_take(report->arena, sizeof(points) / sizeof(*points) * sizeof(*lag->points));
    for (i = 0; i < sizeof(points) / sizeof(*points); i++)
        lag->points[lag->count++] = (struct report_lag_point){
            SAMPLE_BEGAN + points[i].at_ms * 1000,
            points[i].behind + (points[i].behind ? (int64_t) shift * 112 : 0),
            points[i].lag_ms * 1000 + (points[i].lag_ms ? (int64_t) shift * 13 : 0)};
}

void sample_long_lag(struct report *report, struct report_lag *lag, size_t number, int64_t from_us,
                     int64_t every_us, size_t count)
{
    uint32_t seed = (uint32_t) number + 3;
    size_t i;

    *lag = (struct report_lag){.side = "blue",
                               .slot = arena_print(report->arena, "pgcutover_%zu", 16384 + number),
                               .database = arena_print(report->arena, "tenant_%03zu", number)};
    lag->points = arena_take(report->arena, count * sizeof(*lag->points));
    for (i = 0; i < count; i++) {
        int64_t lag_us = 2000 + next(&seed) % 60000;

        if (i % 700 > 640 && number % 7 == 0)
            lag_us += (int64_t) (i % 700 - 640) * 400000;
        lag->points[lag->count++] = (struct report_lag_point){
            from_us + (int64_t) i * every_us, i % 400 == 5 ? REPORT_UNKNOWN : lag_us / 3,
            i % 400 == 5 ? REPORT_UNKNOWN : lag_us};
    }
}
