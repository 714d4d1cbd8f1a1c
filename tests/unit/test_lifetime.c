/* For how long a name is remembered, as a name server of our own has it. */
#include "cutover/base/loop.h"
#include "replication/lifetime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TYPE_A = 1, TYPE_AAAA = 28 };

static struct {
    char directory[64], servers[96], hosts[96];
    struct loop *loop;
    struct lifetimes *lifetimes;
    int server;
    int type, ttl; /* what it has: one address of that type; 0: no name at all */
} scene;

static void put(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0 && fclose(file) == 0);
}

static int set_up(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    char line[64];

    (void) state;
    memset(&scene, 0, sizeof(scene));
    snprintf(scene.directory, sizeof(scene.directory), "/tmp/pgc-lifetime-XXXXXX");
    assert_non_null(mkdtemp(scene.directory));
    snprintf(scene.servers, sizeof(scene.servers), "%s/resolv.conf", scene.directory);
    snprintf(scene.hosts, sizeof(scene.hosts), "%s/hosts", scene.directory);
    scene.server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(scene.server, (struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(getsockname(scene.server, (struct sockaddr *) &address, &length), 0);
    snprintf(line, sizeof(line), "nameserver 127.0.0.1:%d\n", ntohs(address.sin_port));
    put(scene.servers, line);
    put(scene.hosts,
        "# 10.0.0.1 comment.test\n10.1.1.1\tapp.test  other.test # more.test\n10.2.2.2");
    scene.loop = loop_new();
    scene.lifetimes = lifetimes_new(scene.loop, scene.servers, scene.hosts);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    lifetimes_free(scene.lifetimes);
    loop_free(scene.loop);
    close(scene.server);
    unlink(scene.servers);
    unlink(scene.hosts);
    return rmdir(scene.directory);
}

/* Answers one question, if there is one (RFC 1035, 4.1). */
static void serve(void)
{
    struct sockaddr_in from;
    socklen_t length = sizeof(from);
    unsigned char message[600];
    ssize_t size = recvfrom(scene.server, message, 512, 0, (struct sockaddr *) &from, &length);
    size_t end, address;
    int type;

    if (size < 17)
        return;
    for (end = 12; message[end]; end += message[end] + 1U)
        ;
    type = message[end + 2];
    end += 5;
    message[2] = 0x81; /* an answer */
    message[3] = scene.type ? 0x80 : 0x83;
    memset(message + 6, 0, 6);
    if (scene.type == type) {
        const unsigned char record[] = {0xc0,
                                        12,
                                        0,
                                        (unsigned char) type,
                                        0,
                                        1,
                                        0,
                                        0,
                                        (unsigned char) (scene.ttl >> 8),
                                        (unsigned char) scene.ttl,
                                        0,
                                        type == TYPE_A ? 4 : 16};

        message[7] = 1;
        memcpy(message + end, record, sizeof(record));
        end += sizeof(record);
        for (address = record[11]; address; address--)
            message[end++] = 10;
    }
    assert_int_equal(sendto(scene.server, message, end, 0, (struct sockaddr *) &from, length),
                     (ssize_t) end);
}

static struct lifetime look_up(const char *name)
{
    struct driver *driver = loop_driver(scene.loop);
    struct lifetime lifetime;
    int i;

    lifetimes_ask(scene.lifetimes, name, &lifetime);
    for (i = 0; i < 400 && lifetime.state == LIFETIME_ASKED; i++) {
        driver->wait(driver, driver->now_ns(driver) + NS_PER_S / 50);
        serve();
    }
    return lifetime;
}

static void a_record_has_a_lifetime(void **state)
{
    struct lifetime lifetime;

    (void) state;
    scene.type = TYPE_A;
    scene.ttl = 300;
    lifetime = look_up("blue.test");
    assert_int_equal(lifetime.state, LIFETIME_KNOWN);
    assert_int_equal(lifetime.seconds, 300);
    scene.ttl = 0;
    lifetime = look_up("blue.test");
    assert_int_equal(lifetime.state, LIFETIME_KNOWN);
    assert_int_equal(lifetime.seconds, 0);
}

static void a_name_with_addresses_of_the_newer_kind_only(void **state)
{
    struct lifetime lifetime;

    (void) state;
    scene.type = TYPE_AAAA;
    scene.ttl = 60;
    lifetime = look_up("blue.test");
    assert_int_equal(lifetime.state, LIFETIME_KNOWN);
    assert_int_equal(lifetime.seconds, 60);
}

static void names_of_the_hosts_file_have_none(void **state)
{
    (void) state;
    assert_int_equal(look_up("APP.test").state, LIFETIME_NONE);
    assert_int_equal(look_up("other.test").state, LIFETIME_NONE);
    assert_int_equal(look_up("localhost").state, LIFETIME_NONE);
    assert_int_equal(look_up("more.test").state, LIFETIME_UNKNOWN);
    assert_int_equal(look_up("comment.test").state, LIFETIME_UNKNOWN);
    assert_int_equal(look_up("10.1.1.1").state, LIFETIME_UNKNOWN);
}

static void what_nobody_answers_is_not_known(void **state)
{
    struct lifetimes *alone;
    struct lifetime lifetime;

    (void) state;
    alone = lifetimes_new(scene.loop, "/nonexistent/resolv.conf", "/nonexistent/hosts");
    lifetimes_ask(alone, "blue.test", &lifetime);
    assert_true(lifetime.state == LIFETIME_UNKNOWN || lifetime.state == LIFETIME_ASKED);
    lifetimes_free(alone);
    lifetimes_ask(scene.lifetimes, "blue.test", &lifetime);
    assert_int_equal(lifetime.state, LIFETIME_ASKED); /* and it is freed like that */
    lifetimes_free(scene.lifetimes);
    assert_int_equal(lifetime.state, LIFETIME_UNKNOWN);
    scene.lifetimes = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_record_has_a_lifetime, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_with_addresses_of_the_newer_kind_only, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_of_the_hosts_file_have_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_answers_is_not_known, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
