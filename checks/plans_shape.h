/*
 * plans_shape.h: what EXPLAIN (FORMAT JSON, VERBOSE) says of a plan, without what differs between
 * releases that plan alike.
 *
 * The form of a plan is its tree: kinds of nodes, joins, strategies, relations, indexes, what is
 * parallel, and subplans. No costs, no conditions, no aliases. Left out is what only some releases
 * write: an Append of one input, a Subquery Scan that passes on, a Result that only projects.
 */
#ifndef PGCUTOVER_CHECKS_PLANS_SHAPE_H
#define PGCUTOVER_CHECKS_PLANS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

/* In the order in which they are told. */
enum plan_label_kind {
    LABEL_ACCESS, /* to a relation */
    LABEL_JOIN,
    LABEL_OTHER,
    LABEL_HELPER /* says nothing that another node does not say: Hash, Bitmap Index Scan */
};

struct plan_label {
    enum plan_label_kind kind;
    char *text;     /* as EXPLAIN writes it: "Index Scan using a_idx on public.a" */
    char *relation; /* "public.a"; NULL: none */
};

struct plan_shape {
    char *form;
    struct plan_label *labels; /* of every node, from the top */
    size_t label_count;
    double cost;            /* of all of it */
    bool writes;            /* it would change rows, or lock them */
    bool is_catalog;        /* reads relations of pg_catalog and information_schema only */
    struct cJSON *settings; /* of the planner, those that are not as built in; NULL: not told */
    /* The same plan with other choices of the executor (EXISTS, up to 13); none of its own. */
    struct plan_shape *others;
    size_t other_count;
};

/* All plans of a statement together: rules make several of one. False: that is no plan. */
bool plan_shape_read(const char *json, struct plan_shape *ret_shape)
    __attribute__((warn_unused_result));
void plan_shape_free(struct plan_shape *shape); /* NULL-safe; empty after */

/* Takes off what a release before 18 adds for each node that a setting forbids: 18 counts them
   elsewhere. */
void plan_shape_forget_disabled(struct plan_shape *shape);

/* Of EXPLAIN (ANALYZE), milliseconds. False: it does not say. */
bool plan_time_read(const char *json, double *ret_ms) __attribute__((warn_unused_result));

#endif
