# doing: recovering the clone to its target
# needs: OLD_BIN CLONE WORK RUN SUPERUSER TARGET_LSN TIMEOUT_S CONNINFO [NAME=VALUE...] (parameters recovery needs; those in pg_control are taken from there)
# prints: what it waits for; leaves WORK/recovered and WORK/history. Exit status 3: take the clone again
set -eu
umask 077
OLD_BIN=$1 CLONE=$2 WORK=$3 RUN=$4 SUPERUSER=$5 TARGET=$6 TIMEOUT_S=$7 CONNINFO=$8
shift 8
export LC_ALL=C
#include no_pg_variables
export PGOPTIONS='-c statement_timeout=30s -c search_path=pg_catalog' PGCONNECT_TIMEOUT=10

#include fail
take_again() { printf '%s\n' "$*: the clone has to be taken again" >&2; exit 3; }

#include seconds
#include directories

write() { # FILE: stdin, whole or not at all
    cat >"$1.new"
    sync "$1.new"
    mv -f "$1.new" "$1"
    sync "$(dirname "$1")"
}

#include quote

conninfo_quote() { # a value of a connection string
    printf "'%s'" "$(printf '%s' "$1" | sed "s/\\\\/\\\\\\\\/g; s/'/\\\\'/g")"
}

#include server_of

start() { # [OPTIONS of pg_ctl]: again for a while, as long as what a killed server left is still going
    tries=0
    while :; do
        : >"$WORK/clone.log"
        "$OLD_BIN/pg_ctl" start -D "$CLONE" -l "$WORK/clone.log" "$@" >/dev/null 2>&1 && return 0
        tries=$((tries + 1))
        [ "$tries" -lt 40 ] && grep -q -e 'lock file ".*" already exists' -e 'lock file ".*" is empty' \
            -e 'pre-existing shared memory block' "$WORK/clone.log" || return 1
        # a starting server fills its lock files at once: those that stay empty are of a killed one
        [ "$tries" -lt 8 ] || find "$CLONE/postmaster.pid" "$socket"/.s.PGSQL.*.lock -size 0 -delete 2>/dev/null || true
        # one that an earlier attempt had just begun to start
        ! server_of "$CLONE" >/dev/null ||
            "$OLD_BIN/pg_ctl" stop -D "$CLONE" -m fast -w -t 120 >/dev/null 2>&1 || true
        sleep 0.25
    done
}

sql() {
    PGDATABASE=template1 "$OLD_BIN/psql" -X -w -At -v ON_ERROR_STOP=1 -h "$socket" -p 50432 -U "$SUPERUSER" -c "$1"
}

#include control

show_log() {
    grep -E 'FATAL|PANIC|ERROR|HINT|DETAIL' "$WORK/clone.log" | tail -n 6 >&2 || true
}

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN"
owned "$CLONE" "$WORK/owns-clone" || fail "$CLONE is not a clone of run $RUN"
[ "$(cat "$WORK/cloned" 2>/dev/null)" = "$RUN" ] || fail "$CLONE is not complete"
if [ -s "$WORK/recovered" ]; then
    grep -qx "target=$TARGET" "$WORK/recovered" ||
        take_again "the clone was recovered to $(sed -n 's/^target=//p' "$WORK/recovered"), not to $TARGET"
    echo "the clone is already recovered"
    exit 0
fi

socket=$(cat "$WORK/socket")
[ -d "$socket" ] || mkdir "$socket"
[ -O "$socket" ] && [ ! -h "$socket" ] || fail "the private socket directory $socket is not ours"
major=$(cat "$CLONE/PG_VERSION")
# What makes it a standby. Only a promotion removes it, and WORK/recovering is written after it.
signal=$CLONE/standby.signal
[ "$major" -ge 12 ] || signal=$CLONE/recovery.conf
promoted=no
if [ -s "$WORK/recovering" ] && [ ! -e "$signal" ]; then
    promoted=yes
fi
if [ "$(cat "$WORK/recovering" 2>/dev/null)" != "$TARGET" ]; then
    [ "$promoted" = no ] || take_again "the clone was promoted at $(cat "$WORK/recovering"), not at $TARGET"
    if server_of "$CLONE" >/dev/null; then
        "$OLD_BIN/pg_ctl" stop -D "$CLONE" -m fast -w -t 120 >/dev/null || fail "the clone does not stop"
    fi
    rm -f "$WORK/recovering"

    # Blue keeps its configuration wherever it likes; the clone only ever sees this one.
    echo 'local all all trust' | write "$WORK/pg_hba.conf"
    echo '# no maps' | write "$WORK/pg_ident.conf"
    {
        echo "# Written by pgcutover for its private clone."
        echo "listen_addresses = ''"
        echo "port = 50432"
        printf '%s\n' "unix_socket_directories = $(quote "$socket")"
        echo "unix_socket_permissions = 0700"
        printf '%s\n' "hba_file = $(quote "$WORK/pg_hba.conf")"
        printf '%s\n' "ident_file = $(quote "$WORK/pg_ident.conf")"
        echo "cluster_name = 'pgcutover_clone'"
        echo "wal_level = logical"
        echo "hot_standby = on"
        echo "autovacuum = off"
        echo "archive_mode = off"
        echo "synchronous_standby_names = ''"
        echo "max_logical_replication_workers = 0"
        echo "shared_preload_libraries = ''"
        # A standby has to allow at least what blue allows, or recovery pauses for ever.
        echo "max_connections = $(control 'max_connections setting')"
        echo "max_worker_processes = $(control 'max_worker_processes setting')"
        # pg_control has it from 12 on
        [ "$major" -lt 12 ] || echo "max_wal_senders = $(control 'max_wal_senders setting')"
        echo "max_prepared_transactions = $(control 'max_prepared_xacts setting')"
        echo "max_locks_per_transaction = $(control 'max_locks_per_xact setting')"
        for parameter in "$@"; do
            printf '%s\n' "${parameter%%=*} = $(quote "${parameter#*=}")"
        done
    } | write "$WORK/clone.conf"
    {
        printf '%s\n' "primary_conninfo = $(quote "$CONNINFO passfile=$(conninfo_quote "$WORK/blue.pgpass")")"
        echo "recovery_target_lsn = '$TARGET'"
        # Everything before the target and nothing from it on: the target is the origin's position.
        echo "recovery_target_inclusive = off"
        echo "recovery_target_action = promote"
        # Never follow blue to another timeline, nor an attempt of ours that was cut off.
        if [ "$major" -lt 12 ]; then echo "standby_mode = on"; else echo "recovery_target_timeline = current"; fi
    } | write "$WORK/recovery.conf"
    if [ "$major" -lt 12 ]; then # there that timeline is the default, and the parameters have a file of their own
        write "$CLONE/postgresql.conf" <"$WORK/clone.conf"
        write "$signal" <"$WORK/recovery.conf"
    else
        cat "$WORK/clone.conf" "$WORK/recovery.conf" | write "$CLONE/postgresql.conf"
        write "$signal" </dev/null
    fi
    echo "$TARGET" | write "$WORK/recovering"
fi

until=$(($(seconds) + TIMEOUT_S))
if ! server_of "$CLONE" >/dev/null; then
    # Whether it started is asked of the server itself below.
    start -w -t "$TIMEOUT_S" || true
fi
reached=unknown
while :; do
    if ! server_of "$CLONE" >/dev/null; then
        show_log
        if grep -q 'before consistent recovery point' "$WORK/clone.log"; then
            take_again "the target $TARGET lies before the end of the copy"
        fi
        fail "the clone's server ended before it reached $TARGET"
    fi
    if answer=$(sql "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()" 2>/dev/null); then
        reached=${answer#*|}
        [ "${answer%%|*}" != f ] || break
    fi
    if [ "$(seconds)" -ge "$until" ]; then
        grep -E 'FATAL|PANIC|ERROR' "$WORK/clone.log" | tail -n 3 >&2 || true
        "$OLD_BIN/pg_ctl" stop -D "$CLONE" -m fast -w -t 60 >/dev/null 2>&1 || true
        fail "the clone did not reach $TARGET within $TIMEOUT_S s; it replayed up to $reached (blue has to write WAL after the target)"
    fi
    sleep 0.05
done

# Right after the promotion; after another start of the server it would say nothing.
replayed=$(grep -q 'archive recovery complete' "$WORK/clone.log" && echo "$reached" || echo unknown)
timeline=$(sql "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)")
history=$CLONE/pg_wal/$timeline.history
newest=
for file in "$CLONE"/pg_wal/*.history; do newest=$file; done
[ -s "$history" ] && [ "$newest" = "$history" ] ||
    take_again "the clone runs on timeline $timeline, but its newest history file is ${newest##*/}"
# A shutdown of the clone may not find the recovery settings again.
write "$CLONE/postgresql.conf" <"$WORK/clone.conf"
write "$WORK/history" <"$history"
{
    echo "run=$RUN"
    echo "target=$TARGET"
    echo "timeline=$((0x$timeline))"
    echo "system_identifier=$(control 'Database system identifier')"
    echo "replay_lsn=$replayed"
    echo "history_file=${history##*/}"
} | write "$WORK/recovered"
