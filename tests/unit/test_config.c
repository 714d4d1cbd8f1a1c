/* pgcutover.ini: what is read, where it comes from, and what a wrong file is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/config.h"

#include "../../cutover/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASIC                                                                                      \
    "[cluster orders]\n"                                                                           \
    "[blue]\n"                                                                                     \
    "conninfo = host=b1 port=5432\n"                                                               \
    "[green]\n"                                                                                    \
    "conninfo = host=g1 port=5433\n"
#define POOLER "[pooler p1]\nfile = /etc/x.ini\nconsoles = host=/run/p1\n"

static char path[] = "/tmp/test_config_XXXXXX";

static void write_file(const char *content, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static struct config *read_with(const char *content, const struct config_override *overrides,
                                size_t count)
{
    struct config *config = NULL;
    struct fault fault = {0};

    write_file(content, strlen(content));
    if (!config_read(path, overrides, count, &config, &fault))
        fail_msg("%s: %s (%s)", fault.where, fault.cause, fault.hint);
    return config;
}

static struct config *read_text(const char *content)
{
    return read_with(content, NULL, 0);
}

/* The whole of a fault, for what must and what must not be in it. */
static void assert_refused(const char *content, int line, const char *cause, const char *hint)
{
    struct config *config = NULL;
    struct fault fault = {0};
    char where[200];

    write_file(content, strlen(content));
    if (config_read(path, NULL, 0, &config, &fault))
        fail_msg("accepted: %s", content);
    assert_null(config);
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    snprintf(where, sizeof(where), line ? "%s:%d" : "%s", path, line);
    assert_string_equal(fault.where, where);
    if (!strstr(fault.cause, cause) || !strstr(fault.hint, hint))
        fail_msg("\"%s\" (%s) is not \"%s\" (%s)", fault.cause, fault.hint, cause, hint);
    assert_null(strstr(fault.cause, "s3cret"));
    assert_null(strstr(fault.hint, "s3cret"));
    assert_null(strstr(fault.where, "s3cret"));
}

static const char sample[] =
    "[cluster orders]\n"
    "kind = self_managed\n"
    "[blue]\n"
    "conninfo = service=orders-blue          ; from where the tool runs\n"
    "from_green = host=10.0.0.7 port=5432    ; the same server as green sees it\n"
    "run = ssh postgres@blue                 ; prefix\n"
    "[green]\n"
    "conninfo = host=g;x port=1\n"
    "from_blue = host=10.0.0.8 port=5444\n"
    "from_poolers = host=10.0.0.8\n"
    "run =\n"
    "port = 5433\n"
    "[green.parameters]\n"
    "shared_buffers = 8GB\n"
    "auto_explain.log_min_duration = 5s\n"
    "[database reports]\n"
    "replicate = no\n"
    "[database Odd Name]\n"
    "[pooler p1]\n"
    "file = /etc/pgbouncer/databases.ini\n"
    "consoles = host=/run/p1a port=6432, host=/run/p1b,x port=6432,\n"
    "           host='/run/p, c=1' port=6432 ; and another\n"
    "probe = host=10.0.0.9 port=6432 user=app\n"
    "[pause]\n"
    "budget = 1500ms\n"
    "on_straggler = terminate\n"
    "[fence]\n"
    "keep_roles = monitoring , backup\n";

static void test_sample(void **state)
{
    struct config *config = read_text(sample);

    (void) state;
    assert_string_equal(config->file, path);
    assert_string_equal(config->cluster_name, "orders");
    assert_string_equal(config->blue.conninfo, "service=orders-blue");
    assert_string_equal(config->blue.run, "ssh postgres@blue");
    assert_string_equal(config->green.conninfo, "host=g;x port=1");
    assert_null(config->green.run);
    assert_string_equal(config->green.port, "5433");
    assert_int_equal(config->blue.from_poolers_count, 1);
    assert_string_equal(config->blue.from_poolers[0].host, "10.0.0.7");
    assert_string_equal(config->green.from_poolers[0].port, "5432");
    assert_int_equal(config->green.parameter_count, 2);
    assert_string_equal(config->green.parameters[1].name, "auto_explain.log_min_duration");
    assert_string_equal(config->green.parameters[1].value, "5s");
    assert_int_equal(config->database_count, 2);
    assert_false(config->databases[0].replicate);
    assert_string_equal(config->databases[1].name, "Odd Name");
    assert_true(config->databases[1].replicate);
    assert_int_equal(config->pooler_count, 1);
    assert_int_equal(config->poolers[0].console_count, 3);
    assert_string_equal(config->poolers[0].consoles[0], "host=/run/p1a port=6432");
    assert_string_equal(config->poolers[0].consoles[1], "host=/run/p1b,x port=6432");
    assert_string_equal(config->poolers[0].consoles[2], "host='/run/p, c=1' port=6432");
    assert_null(config->poolers[0].run);
    assert_int_equal(config->pause_budget_ms, 1500);
    assert_int_equal(config->quiet_wait_ms, 600000);
    assert_string_equal(config->on_straggler, "terminate");
    assert_int_equal(config->keep_role_count, 2);
    assert_string_equal(config->keep_roles[0], "monitoring");
    assert_string_equal(config->keep_roles[1], "backup");
    config_free(config);
    config_free(NULL);
}

static void test_defaults(void **state)
{
    struct config *config = read_text("\xEF\xBB\xBF" BASIC);

    (void) state;
    assert_string_equal(config->cluster_kind, "self_managed");
    assert_null(config->state_directory);
    assert_int_equal(config->pause_budget_ms, 5000);
    assert_string_equal(config->on_straggler, "give_up");
    /* without from_green and from_blue, poolers see the servers as we do */
    assert_string_equal(config->blue.from_poolers[0].host, "b1");
    assert_string_equal(config->green.from_poolers[0].host, "g1");
    assert_string_equal(config->green.from_poolers[0].port, "5433");
    config_free(config);
}

static void test_from_poolers(void **state)
{
    struct config *config =
        read_text(BASIC "from_poolers = host=g2\n" POOLER
                        "[blue]\nfrom_poolers = host=a port=1, host=b port=2\n");

    (void) state;
    assert_int_equal(config->blue.from_poolers_count, 2);
    assert_string_equal(config->blue.from_poolers[1].host, "b");
    assert_string_equal(config->blue.from_poolers[1].port, "2");
    config_free(config);
    /* what cannot be known is asked for: a service, a URI, a list, green's view without address */
    assert_refused("[cluster c]\n[blue]\nconninfo = service=b\n[green]\nconninfo = host=g\n" POOLER,
                   0, "[blue] from_poolers is missing", "from_poolers = ");
    assert_refused("[cluster c]\n[blue]\nconninfo = host=b\n[green]\n"
                   "conninfo = postgresql://u:s3cret@g/x\n" POOLER,
                   0, "[green] from_poolers is missing", "from_poolers = ");
    assert_refused(BASIC "[blue]\nfrom_green = service=b\n" POOLER, 0,
                   "[blue] from_poolers is missing", "");
    assert_refused("[cluster c]\n[blue]\nconninfo = host=b,c\n[green]\nconninfo = host=g\n" POOLER,
                   0, "[blue] from_poolers is missing", "");
    assert_refused(BASIC "from_poolers = host=a, host=b\n" POOLER, 0, "several addresses", "one");
    assert_refused(BASIC "from_poolers = host=B1 port=5432\n" POOLER, 0, "the same address", "");
}

static void test_unknown(void **state)
{
    (void) state;
    assert_refused(BASIC "conninf = x\n", 6, "unknown key \"conninf\" in section [green]",
                   "Did you mean \"conninfo\"?");
    assert_refused("[cluster c]\n\n[pause]\n# comment\nbudgte = 5s\n", 5, "\"budgte\"",
                   "Did you mean \"budget\"?");
    assert_refused(BASIC "budget = 5s\n", 6, "\"budget\"", "belongs into section [pause]");
    assert_refused(BASIC "zzzzzzzz = 5s\n", 6, "\"zzzzzzzz\"", "old_bin_directory");
    assert_refused(BASIC "password = s3cret\n", 6, "\"password\"", "");
    assert_refused(BASIC "my s3cret=s3cret, host=g\n", 6, "unknown key", "");
    /* a connection string that was broken off into a line of its own */
    assert_refused(BASIC "port=5432 password=s3cret\n", 6, "[green] port", "65535");
}

static void test_unknown_section(void **state)
{
    (void) state;
    assert_refused("[cluster c]\n[blu]\n", 2, "unknown section [blu]", "Did you mean [blue]?");
    assert_refused("[Blue]\n", 1, "unknown section [Blue]", "[blue]");
    assert_refused("[poolers p1]\n", 1, "unknown section [poolers p1]", "[pooler NAME]");
    assert_refused("[pooler]\n", 1, "unknown section [pooler]", "[pooler NAME]");
    assert_refused("[blue x]\n", 1, "unknown section [blue x]", "[blue]");
    assert_refused("[something]\n", 1, "unknown section [something]", "[fence]");
    assert_refused("kind = x\n", 1, "unknown section", "");
    assert_refused("[cluster a]\n[cluster b]\n", 2, "second cluster", "file of its own");
}

static void test_duplicate(void **state)
{
    (void) state;
    assert_refused(BASIC "run = a\nrun = a\n", 7, "\"run\" of section [green] is given twice",
                   "line 6");
    assert_refused(BASIC "[blue]\nconninfo = password=s3cret\n", 7, "given twice", "line 3");
    assert_refused(BASIC POOLER "[pooler  p1]\nfile = y\n", 10, "given twice", "line 7");
    assert_refused(BASIC "[green.parameters]\nwork_mem = 1\nWork_Mem = 2\n", 8, "given twice", "7");
}

static void test_missing(void **state)
{
    (void) state;
    assert_refused("[blue]\nconninfo = host=a\n", 0, "[cluster NAME] is missing",
                   "[cluster orders]");
    assert_refused("[cluster c]\n[green]\nconninfo = host=a\n", 0, "[blue] conninfo is missing",
                   "\"conninfo = service=orders-blue\" to section [blue], or set "
                   "PGCUTOVER_BLUE_CONNINFO");
    assert_refused("[cluster c]\n[blue]\nconninfo =\n[green]\nconninfo = host=a\n", 0,
                   "[blue] conninfo is missing", "");
    assert_refused(BASIC "[pooler p-1]\nfile = x\n", 0, "[pooler p-1] consoles is missing",
                   "PGCUTOVER_POOLER_P_1_CONSOLES");
}

static void test_wrong_values(void **state)
{
    (void) state;
    assert_refused(BASIC "[pause]\nbudget = soon\n", 7, "\"soon\" is not a duration", "\"5s\"");
    assert_refused(BASIC "[pause]\nbudget = 0\n", 0, "budget is zero", "");
    assert_refused(BASIC "[database x]\nreplicate = maybe\n", 7, "\"maybe\"", "yes or no");
    assert_refused(BASIC "[pause]\non_straggler = terminat\n", 7, "[pause] on_straggler",
                   "give_up,terminate");
    assert_refused(BASIC "port = 65536\n", 6, "is not a port", "65535");
    assert_refused(BASIC "from_blue = password='s3cret ; x'\n", 6, "[green] from_blue",
                   "semicolon");
    assert_refused(BASIC "from_blue = s3cret\n", 6, "is not a connection string", "");
    assert_refused(BASIC "[pooler p]\nfile=x\nconsoles = host=a, port=1 s3cret\n", 8,
                   "[pooler p] consoles", "");
    assert_refused(BASIC "from_poolers = host=a password=s3cret\n", 6, "not a list of addresses",
                   "");
    assert_refused(BASIC "from_poolers = host=a,b\n", 6, "not a list of addresses", "commas");
    assert_refused(BASIC "from_poolers = port=1\n", 6, "not a list of addresses", "");
}

static void test_lines(void **state)
{
    struct text content = {0};
    struct config *config;
    struct fault fault = {0};

    (void) state;
    assert_refused(BASIC "s3cret\n", 6, "not a setting", "comment");
    assert_refused("[cluster c\n", 1, "not a setting", "");
    /* an indented setting would silently become a part of the value above it */
    assert_refused(BASIC "  run = x\n", 6, "indented", "start of the line");
    assert_refused(BASIC "[green.parameters]\na = 1\n b = 2\n", 8, "indented", "");
    config = read_text("[cluster c]\r\n[blue]\r\n  conninfo = host=b\r\n    port=1\r\n"
                       "# comment\r\n[green]\r\nconninfo: host=g\r\n");
    assert_string_equal(config->blue.conninfo, "host=b port=1");
    assert_string_equal(config->green.conninfo, "host=g");
    config_free(config);
    /* libinih would cut both at 200 and at 50 characters */
    text_add(&content, BASIC "run = %01000d\n[database %0100d]\nreplicate = no\n", 7, 8);
    config = read_text(text_string(&content));
    assert_int_equal(strlen(config->green.run), 1000);
    assert_int_equal(strlen(config->databases[0].name), 100);
    assert_false(config->databases[0].replicate);
    config_free(config);
    text_add(&content, "[green]\nstop_command = %070000d\n", 7);
    write_file(text_string(&content), content.length);
    assert_false(config_read(path, NULL, 0, &config, &fault));
    assert_string_equal(fault.cause, "the line is too long");
    text_free(&content);
    write_file("[cluster c]\0[blue]\n", 19);
    assert_false(config_read(path, NULL, 0, &config, &fault));
    assert_string_equal(fault.cause, "not a text file");
}

static void test_precedence(void **state)
{
    const struct config_override overrides[] = {{"pause.budget", "3s"},
                                                {"cluster.kind", "self_managed"},
                                                {"pooler.p1.file", "/flag"},
                                                {"green.parameters.a.b", "1"}};
    struct config *config;

    (void) state;
    setenv("PGCUTOVER_PAUSE_BUDGET", "2s", 1);
    setenv("PGCUTOVER_PAUSE_QUIET_WAIT", "2s", 1);
    setenv("PGCUTOVER_POOLER_P1_FILE", "/variable", 1);
    setenv("PGCUTOVER_POOLER_P1_RUN", "sh", 1);
    config = read_with(BASIC POOLER "[pause]\nbudget=1s\nquiet_wait=1s\n", overrides, 4);
    assert_int_equal(config->pause_budget_ms, 3000);
    assert_int_equal(config->quiet_wait_ms, 2000);
    assert_string_equal(config->poolers[0].file, "/flag");
    assert_string_equal(config->poolers[0].run, "sh");
    assert_string_equal(config->green.parameters[0].name, "a.b");
    assert_int_equal(config->pooler_count, 1);
    config_free(config);
    unsetenv("PGCUTOVER_PAUSE_BUDGET");
    unsetenv("PGCUTOVER_PAUSE_QUIET_WAIT");
    unsetenv("PGCUTOVER_POOLER_P1_FILE");
    unsetenv("PGCUTOVER_POOLER_P1_RUN");
}

static void test_precedence_faults(void **state)
{
    const struct config_override overrides[] = {
        {"blue.from_gren", "s3cret"}, {"pause.budget", "x"}, {"budget", "1s"}};
    static const char *const where[] = {"--blue-from-gren", "--pause-budget", "--budget"};
    struct config *config = NULL;
    struct fault fault = {0};

    (void) state;
    write_file(BASIC, strlen(BASIC));
    for (size_t i = 0; i < 3; i++) {
        assert_false(config_read(path, &overrides[i], 1, &config, &fault));
        assert_string_equal(fault.where, where[i]);
        assert_int_equal(fault.exit_code, EXIT_USAGE);
    }
    setenv("PGCUTOVER_BLUE_FROM_GREEN", "s3cret", 1);
    assert_false(config_read(path, NULL, 0, &config, &fault));
    assert_string_equal(fault.where, "PGCUTOVER_BLUE_FROM_GREEN");
    assert_null(strstr(fault.cause, "s3cret"));
    unsetenv("PGCUTOVER_BLUE_FROM_GREEN");
}

static void test_which_file(void **state)
{
    struct config *config = NULL;
    struct fault fault = {0};

    (void) state;
    assert_false(config_read("/nonexistent/x.ini", NULL, 0, &config, &fault));
    assert_string_equal(fault.where, "/nonexistent/x.ini");
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    assert_non_null(strstr(fault.hint, "init"));
    assert_false(config_read("/", NULL, 0, &config, &fault));
    write_file(BASIC, strlen(BASIC));
    setenv("PGCUTOVER_CONFIG", path, 1);
    assert_true(config_read(NULL, NULL, 0, &config, &fault));
    assert_string_equal(config->file, path);
    config_free(config);
    unsetenv("PGCUTOVER_CONFIG");
}

static void hash_of(const char *content, char hash[65])
{
    struct config *config = read_text(content);

    config_hash(config, hash);
    assert_int_equal(strlen(hash), 64);
    config_free(config);
}

static void test_hash(void **state)
{
    char first[65], other[65];

    (void) state;
    hash_of(BASIC "[database a]\nreplicate=no\n[database b]\n[green]\nrun=x\n", first);
    hash_of("# moved\n" BASIC "run = x\n[database b]\n[database a]\nreplicate=off\n"
            "[pause]\nbudget=5000ms\n",
            other);
    assert_string_equal(first, other);
    hash_of(BASIC "[database a]\n[database b]\nreplicate=no\n[green]\nrun=x\n", other);
    assert_string_not_equal(first, other);
    hash_of(BASIC "[database a]\nreplicate=no\n[database b]\n[green]\nrun=x\nstop_command=x\n",
            other);
    assert_string_not_equal(first, other);
    /* a password that is changed between two runs is no other configuration */
    hash_of(BASIC "from_blue = host=x password=one\n", first);
    hash_of(BASIC "from_blue = host=x  password='t w o'\n", other);
    assert_string_equal(first, other);
    hash_of(BASIC "from_blue = postgresql://u:one@h/x?password=a&sslmode=require\n", first);
    hash_of(BASIC "from_blue = postgresql://u:two@h/x?password=b&sslmode=require\n", other);
    assert_string_equal(first, other);
    hash_of(BASIC "from_blue = postgresql://v:two@h/x?password=b&sslmode=require\n", other);
    assert_string_not_equal(first, other);
    /* what the report says of a run is told before or after it */
    hash_of(BASIC, first);
    hash_of(BASIC "[report]\nenvironment = prod\ntrigger = x\nreferences = a, b c\n", other);
    assert_string_equal(first, other);
}

static char *template_of(const struct config *known)
{
    char *content = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&content, &length);

    assert_non_null(out);
    config_write_template(out, known);
    assert_int_equal(fclose(out), 0);
    return content;
}

/* A template that is filled in says the same as the configuration it was made from. */
static void test_template_round_trip(void **state)
{
    struct config *config = read_text(
        BASIC "from_blue = host='a b' password=s3cret\nport = 1\nfrom_poolers = host=g port=7\n"
              "[green.parameters]\nx.y = '1, 2'\n[database d]\nreplicate = no\n" POOLER
              "[pooler p2]\nfile = f\nconsoles = host=a password=s3cret, host=b\n"
              "[pause]\nbudget = 90s\non_straggler = terminate\n[fence]\nkeep_roles = a, b\n");
    char *content = template_of(config);
    char before[65], after[65];

    (void) state;
    assert_null(strstr(content, "s3cret"));
    assert_non_null(strstr(content, "\nbudget = 90s\n"));
    assert_non_null(strstr(content, "\n#quiet_wait = 10min\n"));
    config_hash(config, before);
    hash_of(content, after);
    assert_string_equal(before, after);
    free(content);
    config_free(config);
}

static void test_template_names_everything(void **state)
{
    const struct config known = {.cluster_name = (char *) (uintptr_t) "orders",
                                 .blue.conninfo = (char *) (uintptr_t) "host=b",
                                 .green.conninfo = (char *) (uintptr_t) "host=g",
                                 .way_back = true,
                                 .client_probe = true};
    char *content = template_of(NULL);
    char hash[65];

    (void) state;
    for (size_t i = 0; i < config_option_count; i++) {
        char line[100];

        if (string_equal(config_options[i].key, "*"))
            continue;
        snprintf(line, sizeof(line), "\n#%s = ", config_options[i].key);
        assert_non_null(strstr(content, line));
        assert_true(config_options[i].default_value || config_options[i].example);
    }
    for (const char *at = content; *at; at += strcspn(at, "\n") + 1)
        assert_true(strcspn(at, "\n") <= 100);
    assert_refused(content, 0, "[cluster NAME] is missing", "[cluster orders]");
    free(content);
    content = template_of(&known);
    hash_of(content, hash);
    assert_non_null(strstr(content, "\n#reverse = yes\n"));
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_from_poolers),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_unknown_section),
        cmocka_unit_test(test_duplicate),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_precedence_faults),
        cmocka_unit_test(test_which_file),
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_template_round_trip),
        cmocka_unit_test(test_template_names_everything),
    };
    int descriptor = mkstemp(path);
    int failed;

    if (descriptor < 0)
        return 1;
    close(descriptor);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
