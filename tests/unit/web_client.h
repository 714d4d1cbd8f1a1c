/* A client of the web server in the same process: sockets that never block, and the loop. */
#ifndef PGCUTOVER_TESTS_UNIT_WEB_CLIENT_H
#define PGCUTOVER_TESTS_UNIT_WEB_CLIENT_H

#include "cutover/base/loop.h"
#include "cutover/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct web_client {
    int socket;
    struct text got;
    bool ended; /* the server has closed */
};

static struct loop *web_loop;

/* One turn of the loop. */
static inline void web_turn(void)
{
    struct driver *driver = loop_driver(web_loop);

    driver->wait(driver, driver->now_ns(driver) + 5 * NS_PER_MS);
}

static inline struct web_client web_connect(const char *address, int receive_buffer)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    struct web_client client = {.socket = socket(AF_INET, SOCK_STREAM, 0)};

    to.sin_port = htons((uint16_t) atoi(strrchr(address, ':') + 1));
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (receive_buffer)
        setsockopt(client.socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    if (connect(client.socket, (struct sockaddr *) &to, sizeof(to)) != 0)
        abort();
    fcntl(client.socket, F_SETFL, O_NONBLOCK);
    return client;
}

static inline void web_say(struct web_client *client, const char *text)
{
    if (write(client->socket, text, strlen(text)) != (ssize_t) strlen(text))
        abort();
}

/* Takes what has come. */
static inline void web_take(struct web_client *client)
{
    char bytes[65536];
    ssize_t length;

    while ((length = read(client->socket, bytes, sizeof(bytes))) > 0)
        text_add_bytes(&client->got, bytes, (size_t) length);
    client->ended = client->ended || length == 0 || (length < 0 && errno != EAGAIN);
}

/* Until it was sent that text (NULL: until the server closes); false: not within 10 s. */
static inline bool web_expect(struct web_client *client, const char *text)
{
    struct driver *driver = loop_driver(web_loop);
    int64_t end = driver->now_ns(driver) + 10 * NS_PER_S;

    while (driver->now_ns(driver) < end) {
        web_take(client);
        if (text ? strstr(text_string(&client->got), text) != NULL : client->ended)
            return true;
        web_turn();
    }
    return false;
}

static inline void web_close(struct web_client *client)
{
    close(client->socket);
    text_free(&client->got);
    client->socket = -1;
}

/* Sends a request, and waits until the server closes. The caller frees. */
static inline char *web_ask(const char *address, const char *method, const char *path,
                            const char *headers)
{
    struct web_client client = web_connect(address, 0);
    char request[1024], *got;

    snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nConnection: close\r\n%s\r\n", method,
             path, headers);
    web_say(&client, request);
    if (!web_expect(&client, NULL))
        abort();
    got = memory_copy(text_string(&client.got));
    web_close(&client);
    return got;
}

#endif
