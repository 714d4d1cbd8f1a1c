/*
 * http.h: HTTP requests, the fourth door: libcurl's multi interface on the loop. Nothing blocks;
 * replies come from the loop.
 *
 * Every request has a connection of its own, follows no redirect, uses no proxy, and its answer's
 * body is thrown away. A URL may hold a password: none is ever put into a fault.
 */
#ifndef PGCUTOVER_BASE_HTTP_H
#define PGCUTOVER_BASE_HTTP_H

#include "reply.h"

struct http;
struct loop;

bool http_new(struct loop *loop, struct http **ret_http, struct fault *fault)
    __attribute__((warn_unused_result));
void http_free(struct http *http); /* NULL-safe; abandons what is under way */

/* REPLY_OK when an answer has come, whatever its status, which is reply->status then. `name` is
   what faults call the URL; it and `url` must live until the reply is finished or abandoned. */
void http_get(struct http *http, const char *name, const char *url, int64_t timeout_ms,
              struct reply *reply);
/* The same with `body` (copied) and more header lines ("Name: value", NULL-terminated, copied; may
   be NULL). */
struct http_post {
    const char *name, *url, *body;
    const char *const *headers;
};
void http_post(struct http *http, const struct http_post *post, int64_t timeout_ms,
               struct reply *reply);
void http_abandon(struct http *http, struct reply *reply); /* never touched again */

#endif
