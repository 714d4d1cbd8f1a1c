# doing: closing green to everybody
# needs: NEW_BIN DATA WORK RUN SUPERUSER
# prints: `closed DATABASE` lines; leaves green stopped
#
# Green's first start, in private: all databases read-only by default, CONNECT revoked from everybody.
set -eu
umask 077
NEW_BIN=$1 DATA=$2 WORK=$3 RUN=$4 SUPERUSER=$5
export LC_ALL=C
#include no_pg_variables
export PGOPTIONS='-c statement_timeout=60s -c lock_timeout=30s -c idle_in_transaction_session_timeout=0
 -c search_path=pg_catalog -c default_transaction_read_only=off -c synchronous_commit=on' PGCONNECT_TIMEOUT=10

#include fail
#include directories
#include quote

shell_quote() { # one word of a shell
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

#include server_of

start() { # [OPTIONS of pg_ctl]: again for a while, as long as what a killed server left is still going
    tries=0
    while :; do
        : >"$WORK/close.log"
        "$NEW_BIN/pg_ctl" start -D "$DATA" -l "$WORK/close.log" "$@" >/dev/null 2>&1 && return 0
        tries=$((tries + 1))
        [ "$tries" -lt 40 ] && grep -q -e 'lock file ".*" already exists' -e 'lock file ".*" is empty' \
            -e 'pre-existing shared memory block' "$WORK/close.log" || return 1
        # a starting server fills its lock files at once: those that stay empty are of a killed one
        [ "$tries" -lt 8 ] || find "$DATA/postmaster.pid" "$socket"/.s.PGSQL.*.lock -size 0 -delete 2>/dev/null || true
        # one that an earlier attempt had just begun to start
        ! server_of "$DATA" >/dev/null ||
            "$NEW_BIN/pg_ctl" stop -D "$DATA" -m fast -w -t 120 >/dev/null 2>&1 || true
        sleep 0.25
    done
}

stop() {
    "$NEW_BIN/pg_ctl" stop -D "$DATA" -m fast -w -t 300 >/dev/null || fail "green did not stop within 300 s"
}

sql() { # stdin
    PGDATABASE=template1 "$NEW_BIN/psql" -X -w -q -At -v ON_ERROR_STOP=1 -h "$socket" -p 50433 -U "$SUPERUSER" -f -
}

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN"
owned "$DATA" "$WORK/owns-data" || fail "$DATA was not made by run $RUN"
[ "$(cat "$WORK/upgraded" 2>/dev/null)" = "$RUN" ] || fail "green has not been upgraded yet"
if [ "$(cat "$WORK/closed" 2>/dev/null)" = "$RUN" ]; then
    echo "green is already closed"
    exit 0
fi

socket=$(cat "$WORK/socket")
[ -d "$socket" ] || mkdir "$socket"
[ -O "$socket" ] && [ ! -h "$socket" ] || fail "the private socket directory $socket is not ours"
# Of an earlier attempt: nobody else starts green before it is closed.
if server_of "$DATA" >/dev/null; then stop; fi

echo 'local all all trust' >"$WORK/pg_hba.conf"
echo '# no maps' >"$WORK/pg_ident.conf"
{
    printf '%s\n' "include $(quote "$DATA/postgresql.conf")"
    echo "listen_addresses = ''"
    echo "port = 50433"
    printf '%s\n' "unix_socket_directories = $(quote "$socket")"
    echo "unix_socket_permissions = 0700"
    echo "unix_socket_group = ''"
    printf '%s\n' "hba_file = $(quote "$WORK/pg_hba.conf")"
    printf '%s\n' "ident_file = $(quote "$WORK/pg_ident.conf")"
    echo "shared_preload_libraries = ''"
    echo "session_preload_libraries = ''"
    echo "local_preload_libraries = ''"
    echo "max_logical_replication_workers = 0"
    echo "autovacuum = off"
    echo "ssl = off"
    echo "logging_collector = off"
    echo "log_destination = stderr"
    echo "log_statement = none"
    echo "log_min_duration_statement = -1"
} >"$WORK/close.conf"
start -w -t 300 -o "-c config_file=$(shell_quote "$WORK/close.conf")" || {
    grep -E 'FATAL|PANIC|HINT|DETAIL|LOG:  (invalid|unrecognized|parameter)' "$WORK/close.log" | tail -n 6 >&2 || true
    fail "green did not start within 300 s"
}

sql <<'SQL' || fail "green could not be closed: see above"
SELECT format('ALTER DATABASE %I SET default_transaction_read_only = on', datname)
FROM pg_database WHERE datname <> 'template0' \gexec
-- CASCADE: what somebody granted on, too. Superusers need no grant; members of their roles would.
SELECT format('REVOKE CONNECT ON DATABASE %I FROM %s CASCADE', datname, string_agg(DISTINCT
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', '))
FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
WHERE a.privilege_type = 'CONNECT' AND datname <> 'template0'
GROUP BY datname \gexec
SQL
left=$(sql <<'SQL'
SELECT 'role ' || quote_ident(rolname) || ' may still connect to ' || quote_ident(datname)
FROM pg_roles r, pg_database d
WHERE NOT rolsuper AND datname <> 'template0' AND has_database_privilege(r.oid, d.oid, 'CONNECT')
UNION ALL SELECT 'database ' || quote_ident(datname) || ' is not read-only'
FROM pg_database d WHERE datname <> 'template0' AND NOT EXISTS (
    SELECT FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0
        AND 'default_transaction_read_only=on' = ANY (setconfig))
UNION ALL SELECT 'subscription ' || quote_ident(subname) || ' came along' FROM pg_subscription
UNION ALL SELECT 'slot ' || quote_ident(slot_name) || ' came along' FROM pg_replication_slots
LIMIT 5;
SQL
) || fail "green could not be asked whether it is closed"
[ -z "$left" ] || fail "green is not closed: $left"
sql <<'SQL'
SELECT 'closed ' || quote_ident(datname) FROM pg_database WHERE datname <> 'template0' ORDER BY datname;
SQL

stop
state=$("$NEW_BIN/pg_controldata" -D "$DATA" | sed -n 's/^Database cluster state: *//p')
[ "$state" = "shut down" ] || fail "green was not shut down cleanly: pg_control says '$state'"
rm -rf "$DATA/pg_upgrade_output.d" "$WORK/pg_upgrade/delete_old_cluster.sh"
echo "$RUN" >"$WORK/closed.new"
sync "$WORK/closed.new"
mv -f "$WORK/closed.new" "$WORK/closed"
sync "$WORK"
