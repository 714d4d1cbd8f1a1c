#include "parameters.h"

#include "../cutover/base/text.h"
#include "../replication/session.h"
#include "target.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What became of a parameter that is no more (src/backend/utils/misc/guc_tables.c, release notes).
 */
static const struct {
    const char *name, *instead;
} successors[] = {
    {"wal_keep_segments", "it is wal_keep_size now, in megabytes"},
    {"force_parallel_mode", "it is debug_parallel_query now"},
    {"replacement_sort_tuples", "there is nothing like it any more"},
    {"vacuum_cleanup_index_scale_factor", "there is nothing like it any more"},
    {"operator_precedence_warning", "there is nothing like it any more"},
    {"stats_temp_directory", "statistics are in shared memory now"},
    {"promote_trigger_file", "use pg_promote()"},
    {"vacuum_defer_cleanup_age", "use hot_standby_feedback or a replication slot"},
    {"old_snapshot_threshold", "there is nothing like it any more, but transaction_timeout"},
    {"db_user_namespace", "there is nothing like it any more"},
    {"trace_recovery_messages", "there is nothing like it any more"},
    {"ssl_renegotiation_limit", "there is nothing like it any more"},
    {"sql_inheritance", "there is nothing like it any more"},
};

/* Numbers and switches whose default was changed, and by which release: enumerations are described
   with their defaults, of these green's programs are asked. */
static const struct {
    const char *name;
    int version;
} changed[] = {
    {"jit", 120000},
    {"extra_float_digits", 120000},
    {"autovacuum_vacuum_cost_delay", 120000},
    {"checkpoint_completion_target", 140000},
    {"vacuum_cost_page_miss", 140000},
    {"hash_mem_multiplier", 150000},
    {"log_autovacuum_min_duration", 150000},
    {"log_checkpoints", 150000},
    {"vacuum_buffer_usage_limit", 170000},
    {"effective_io_concurrency", 180000},
    {"maintenance_io_concurrency", 180000},
};

/* Of a server's place in the world; prepare gives green its own. */
static const char *const own[] = {"data_directory",
                                  "config_file",
                                  "hba_file",
                                  "ident_file",
                                  "external_pid_file",
                                  "port",
                                  "unix_socket_directories",
                                  "listen_addresses",
                                  "wal_level",
                                  "hot_standby",
                                  "archive_mode",
                                  "archive_command",
                                  "archive_library",
                                  "archive_cleanup_command",
                                  "restore_command",
                                  "primary_conninfo",
                                  "primary_slot_name",
                                  "synchronous_standby_names",
                                  "synchronized_standby_slots",
                                  "default_transaction_read_only",
                                  "ssl_cert_file",
                                  "ssl_key_file",
                                  "ssl_ca_file",
                                  "ssl_crl_file",
                                  "ssl_crl_dir",
                                  "ssl_dh_params_file",
                                  "krb_server_keyfile",
                                  "bonjour_name",
                                  "event_source"};

static bool is_own(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strcasecmp(own[i], name) == 0)
            return true;
    return string_starts(name, "recovery_");
}

/* Values that may be or hold a password, and those of extensions and applications, which may be
   anything: never shown. */
static bool is_secret(const char *name)
{
    static const char *const ends[] = {"conninfo", "_command"};
    size_t length = strlen(name), i;

    if (strchr(name, '.'))
        return true;
    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (length >= strlen(ends[i]) && strcasecmp(name + length - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* How many names a name has, parted by dots; 0: no release from 14 on takes it
   (valid_custom_variable_name in src/backend/utils/misc/guc.c). */
static int parts_of(const char *name)
{
    bool at_start = true;
    int parts = 1;

    for (; *name; name++) {
        unsigned char c = (unsigned char) *name;

        if (c == '.' && !at_start) {
            parts++;
            at_start = true;
        } else if (isalpha(c) || c == '_' || c >= 0x80)
            at_start = false;
        else if (at_start || (!isdigit(c) && c != '$'))
            return 0;
    }
    return at_start ? 0 : parts;
}

/* Roles and databases may have what a file cannot name (src/backend/utils/misc/guc-file.l). */
static bool is_for_file(const char *name)
{
    int parts = parts_of(name);

    return parts == 1 || parts == 2;
}

/* --- the list ------------------------------------------------------------------------------- */

static int round_of(const struct parameters *parameters, const char *name)
{
    size_t i;
    int round = 0;

    for (i = 0; i < parameters->count; i++)
        if (strcasecmp(parameters->list[i].name, name) == 0)
            round = parameters->list[i].round + 1;
    return round;
}

void parameters_add(struct parameters *parameters, const char *name, const char *value,
                    const char *place, const char *cure, bool is_carried)
{
    int round = round_of(parameters, name);

    if (parameters->count == parameters->capacity) {
        parameters->capacity = parameters->capacity ? parameters->capacity * 2 : 32;
        parameters->list =
            memory_grow(parameters->list, parameters->capacity * sizeof *parameters->list);
    }
    parameters->list[parameters->count++] = (struct parameter){.name = memory_copy(name),
                                                               .value = memory_copy(value),
                                                               .place = memory_copy(place),
                                                               .cure = memory_copy(cure),
                                                               .is_carried = is_carried,
                                                               .round = round};
}

void parameters_free(struct parameters *parameters)
{
    size_t i;

    if (!parameters)
        return;
    for (i = 0; i < parameters->count; i++) {
        free(parameters->list[i].name);
        free(parameters->list[i].value);
        free(parameters->list[i].place);
        free(parameters->list[i].cure);
    }
    free(parameters->list);
    *parameters = (struct parameters){0};
}

bool parameters_has(const struct parameters *parameters, const char *name)
{
    size_t i;

    for (i = 0; i < parameters->count; i++)
        if (parameters->list[i].is_carried && strcasecmp(parameters->list[i].name, name) == 0)
            return true;
    return false;
}

char *parameters_lines(const struct parameters *parameters, int blue_version, int green_version)
{
    struct text text = {0};
    size_t i;

    for (i = 0; i < parameters->count; i++) {
        const struct parameter *parameter = &parameters->list[i];

        if (!is_for_file(parameter->name))
            continue;
        text_add(&text, "set %d %zu ", parameter->round, i);
        text_add_setting(&text, parameter->name, parameter->value);
    }
    for (i = 0; i < sizeof(changed) / sizeof(changed[0]); i++)
        if (changed[i].version > blue_version && changed[i].version <= green_version)
            text_add(&text, "ask %s\n", changed[i].name);
    text_add_string(&text, "end\n");
    return text_take(&text);
}

/* --- what does not pass --------------------------------------------------------------------- */

static const char *successor(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(successors) / sizeof(successors[0]); i++)
        if (strcasecmp(successors[i].name, name) == 0)
            return successors[i].instead;
    return NULL;
}

/* `message` NULL: green does not know the parameter. */
static void add_finding(struct finding_list *list, const struct parameter *parameter,
                        const char *message)
{
    const char *instead = message ? NULL : successor(parameter->name);
    bool is_left_out = !message && parameter->is_carried;
    const struct check *check = check_find(is_left_out ? "removed_settings" : "refused_settings");
    struct text evidence = {0}, cure = {0};

    if (!is_secret(parameter->name))
        text_add(&evidence, "%s, ", parameter->value);
    text_add(&evidence, "%s; ", parameter->place);
    if (!message)
        text_add_string(&evidence, "green's release does not know it");
    else /* a message may repeat the value */
        text_add_string(&evidence, is_secret(parameter->name) ? "green refuses it" : message);
    /* blue itself may need it until the switch */
    text_add_string(&cure, parameter->cure && (!is_left_out || *parameter->place == '[')
                               ? parameter->cure
                               : check->cure);
    if (instead) /* words; a semicolon would make SQL of what stands before it */
        text_add(&cure, "%s %s", cure.data[cure.length - 1] == ';' ? "" : ":", instead);
    finding_add(list, check, *parameter->place == '[' ? parameter->place : "blue", parameter->name,
                text_string(&evidence), text_string(&cure));
    text_free(&evidence);
    text_free(&cure);
}

/* "WORD NUMBER REST" of the line at `line`; false: it is another. */
static bool read_line(const char *line, const char *word, size_t *ret_number, char *rest,
                      size_t size)
{
    size_t length = strlen(word), end = strcspn(line, "\n");
    char *behind;

    if (strncmp(line, word, length) != 0 || line[length] != ' ')
        return false;
    *ret_number = strtoul(line + length + 1, &behind, 10);
    if (behind == line + length + 1)
        return false;
    behind += *behind == ' ';
    snprintf(rest, size, "%.*s", behind < line + end ? (int) (line + end - behind) : 0, behind);
    return true;
}

static const char *next(const char *line)
{
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

/* Refused as a whole though nothing of it is refused alone. */
static void judge_round(struct finding_list *list, const struct parameters *parameters,
                        const char *output, size_t round, const char *message)
{
    const char *line;
    char rest[512];
    size_t number;

    for (line = output; *line; line = next(line))
        if (read_line(line, "refused", &number, rest, sizeof(rest)) && number < parameters->count &&
            (size_t) parameters->list[number].round == round)
            return;
    finding_add(list, check_find("refused_settings"), "blue", "the settings together", message,
                NULL);
}

bool parameters_judge(struct finding_list *list, const struct parameters *parameters,
                      const char *output)
{
    const char *line;
    char rest[512];
    size_t number;

    if (!target_is_complete(output))
        return false;
    for (line = output; *line; line = next(line)) {
        if (read_line(line, "unknown", &number, rest, sizeof(rest)) && number < parameters->count)
            add_finding(list, &parameters->list[number], NULL);
        else if (read_line(line, "refused", &number, rest, sizeof(rest)) &&
                 number < parameters->count)
            add_finding(list, &parameters->list[number], *rest ? rest : "green refuses it");
        else if (read_line(line, "failed", &number, rest, sizeof(rest)))
            judge_round(list, parameters, output, number, rest);
    }
    for (number = 0; number < parameters->count; number++)
        if (parts_of(parameters->list[number].name) == 0)
            add_finding(list, &parameters->list[number], "green takes no such name");
    return true;
}

/* --- what nobody has set -------------------------------------------------------------------- */

/* Of "default NAME VALUE"; NULL: it does not say. */
static const char *default_of(const char *output, const char *name, char *buffer, size_t size)
{
    size_t length = strlen(name);
    const char *line;

    for (line = output; *line; line = next(line))
        if (string_starts(line, "default ") && strncasecmp(line + 8, name, length) == 0 &&
            line[8 + length] == ' ') {
            line += 8 + length + 1;
            snprintf(buffer, size, "%.*s", (int) strcspn(line, "\n"), line);
            return buffer;
        }
    return NULL;
}

/* "0.5" and "0.50" are the same number. */
static bool is_same(const char *a, const char *b)
{
    char *end_a, *end_b;
    double number_a = strtod(a, &end_a), number_b = strtod(b, &end_b);

    if (end_a != a && end_b != b && !*end_a && !*end_b)
        return !(number_a < number_b) && !(number_a > number_b);
    return strcasecmp(a, b) == 0;
}

void parameters_judge_defaults(struct finding_list *list, const struct parameters *parameters,
                               const struct reply *blue, const char *output)
{
    const struct check *check = check_find("changed_defaults");
    char buffer[256], evidence[640];
    int row;

    for (row = 0; row < reply_rows(blue); row++) {
        const char *name = reply_value(blue, row, "name"), *unit = reply_value(blue, row, "unit");
        const char *was = reply_value(blue, row, "default_value"), *is;
        bool is_default;

        if (!name || !was || !reply_bool(blue, row, "is_default", &is_default) || !is_default ||
            is_own(name) || parameters_has(parameters, name))
            continue;
        is = default_of(output, name, buffer, sizeof(buffer));
        if (!is || is_same(is, was))
            continue;
        snprintf(evidence, sizeof(evidence), "%s on blue, %s on green%s%s", was, is,
                 unit && *unit ? ", in units of " : "", unit ? unit : "");
        finding_add(list, check, "green's host", name, evidence, NULL);
    }
}

/* --- both servers --------------------------------------------------------------------------- */

static int row_of(const struct reply *reply, const char *name)
{
    int row;

    for (row = 0; row < reply_rows(reply); row++)
        if (string_equal(reply_value(reply, row, "name"), name))
            return row;
    return -1;
}

/* Set under [green.parameters]: that is meant. */
static bool is_wanted(const struct parameters *parameters, const char *name)
{
    size_t i;

    for (i = 0; i < parameters->count; i++)
        if (parameters->list[i].is_carried && strcasecmp(parameters->list[i].name, name) == 0)
            return string_equal(parameters->list[i].place, "[green.parameters]");
    return false;
}

void parameters_compare(struct finding_list *list, const struct parameters *parameters,
                        const struct reply *blue, const struct reply *green)
{
    char evidence[640];
    int row, other;

    for (row = 0; row < reply_rows(blue); row++) {
        const char *name = reply_value(blue, row, "name"), *a, *b, *unit;
        bool is_default = false, is_other_default = false, is_ours = true, is_other_ours = true;

        other = name ? row_of(green, name) : -1;
        if (other < 0 || is_own(name) || is_wanted(parameters, name))
            continue;
        a = reply_value(blue, row, "setting");
        b = reply_value(green, other, "setting");
        reply_bool(blue, row, "is_default", &is_default);
        reply_bool(green, other, "is_default", &is_other_default);
        reply_bool(blue, row, "is_ours", &is_ours);
        reply_bool(green, other, "is_ours", &is_other_ours);
        /* what nobody has set is changed_defaults; of our own the server's value is not known */
        if (is_ours || is_other_ours || !a || !b || is_same(a, b) ||
            (is_default && is_other_default))
            continue;
        unit = reply_value(blue, row, "unit");
        if (is_secret(name))
            snprintf(evidence, sizeof(evidence), "it is not the same on both");
        else
            snprintf(evidence, sizeof(evidence), "%s on blue, %s on green%s%s", a, b,
                     unit && *unit ? ", in units of " : "", unit ? unit : "");
        finding_add(list, check_find("parameters_differ"), "green", name, evidence, NULL);
    }
}
