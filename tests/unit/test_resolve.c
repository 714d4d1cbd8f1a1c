/* Names to addresses in a process that lives for weeks: what the system's files say now counts. */
#include "cutover/base/loop.h"
#include "replication/resolve.h"

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

/* A name server that takes questions and says nothing; files that name it. */
static struct {
    char directory[64], servers[96], hosts[96];
    struct loop *loop;
    struct resolver *resolver;
    int silent;
} scene;

struct answer {
    bool has_come;
    char addresses[128];
};

static void put(const char *path, const char *content)
{
    char made[128];
    FILE *file;

    snprintf(made, sizeof(made), "%s.new", path);
    file = fopen(made, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0 && fclose(file) == 0);
    assert_int_equal(rename(made, path), 0);
}

static int set_up(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    char line[64];

    (void) state;
    memset(&scene, 0, sizeof(scene));
    snprintf(scene.directory, sizeof(scene.directory), "/tmp/pgc-resolve-XXXXXX");
    assert_non_null(mkdtemp(scene.directory));
    snprintf(scene.servers, sizeof(scene.servers), "%s/resolv.conf", scene.directory);
    snprintf(scene.hosts, sizeof(scene.hosts), "%s/hosts", scene.directory);
    scene.silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(scene.silent, (struct sockaddr *) &address, sizeof(address)), 0);
    assert_int_equal(getsockname(scene.silent, (struct sockaddr *) &address, &length), 0);
    snprintf(line, sizeof(line), "nameserver 127.0.0.1:%d\n", ntohs(address.sin_port));
    put(scene.servers, line);
    put(scene.hosts, "10.1.1.1 app.test\n");
    scene.loop = loop_new();
    scene.resolver = resolver_new_with(scene.loop, scene.servers, scene.hosts);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    resolver_free(scene.resolver);
    loop_free(scene.loop);
    close(scene.silent);
    unlink(scene.servers);
    unlink(scene.hosts);
    return rmdir(scene.directory);
}

static void take(void *context, const char *hosts, const char *addresses)
{
    struct answer *answer = context;

    (void) hosts;
    answer->has_come = true;
    snprintf(answer->addresses, sizeof(answer->addresses), "%s", addresses ? addresses : "none");
}

static void turn(int64_t ns)
{
    struct driver *driver = loop_driver(scene.loop);

    driver->wait(driver, driver->now_ns(driver) + ns);
}

static const char *look_up(const char *host)
{
    static struct answer answer;
    int i;

    memset(&answer, 0, sizeof(answer));
    (void) resolve_start(scene.resolver, host, take, &answer);
    assert_false(answer.has_come); /* never inside the call */
    for (i = 0; i < 100 && !answer.has_come; i++)
        turn(NS_PER_S / 10);
    assert_true(answer.has_come);
    return answer.addresses;
}

static void what_the_files_say_now_counts(void **state)
{
    (void) state;
    assert_string_equal(look_up("app.test"), "10.1.1.1");
    assert_string_equal(look_up("app.test"), "10.1.1.1");
    put(scene.hosts, "10.1.1.2 app.test\n");
    assert_string_equal(look_up("app.test"), "10.1.1.2");
}

/* A question that hangs does not keep the next one with the old name server. */
static void a_question_under_way_is_in_nobodys_way(void **state)
{
    struct answer hanging = {0};
    struct resolution *resolution;
    char question[512];

    (void) state;
    resolution = resolve_start(scene.resolver, "other.test", take, &hanging);
    turn(NS_PER_S / 10);
    assert_true(recv(scene.silent, question, sizeof(question), 0) > 0);
    put(scene.hosts, "10.1.1.2 app.test\n10.1.1.3 other.test\n");
    assert_string_equal(look_up("app.test"), "10.1.1.2");
    assert_string_equal(look_up("other.test"), "10.1.1.3");
    assert_false(hanging.has_come);
    resolve_cancel(resolution);
    turn(NS_PER_S / 10);
    assert_false(hanging.has_come);
    assert_string_equal(look_up("app.test"), "10.1.1.2");
}

static void files_that_are_gone_leave_what_was_known(void **state)
{
    (void) state;
    assert_string_equal(look_up("app.test"), "10.1.1.1");
    unlink(scene.servers);
    assert_string_equal(look_up("app.test"), "10.1.1.1");
    put(scene.servers, "nameserver 127.0.0.1:9\n");
    put(scene.hosts, "10.1.1.4 app.test\n");
    assert_string_equal(look_up("app.test"), "10.1.1.4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_files_say_now_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_question_under_way_is_in_nobodys_way, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_that_are_gone_leave_what_was_known, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
