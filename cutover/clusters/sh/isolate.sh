# doing: isolating the clone
# needs: OLD_BIN CLONE WORK RUN SUPERUSER
# prints: what it removed from the clone, a line each; leaves it stopped
set -eu
umask 077
OLD_BIN=$1 CLONE=$2 WORK=$3 RUN=$4 SUPERUSER=$5
export LC_ALL=C
#include no_pg_variables
# Settings of databases and roles yield to these; event triggers of the schema stay silent.
export PGOPTIONS='-c statement_timeout=60s -c lock_timeout=30s -c idle_in_transaction_session_timeout=0
 -c search_path=pg_catalog -c default_transaction_read_only=off -c session_replication_role=replica
 -c synchronous_commit=on' PGCONNECT_TIMEOUT=10

#include fail
#include directories
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

sql() { # DATABASE: stdin
    PGDATABASE=$1 "$OLD_BIN/psql" -X -w -q -At -v ON_ERROR_STOP=1 -h "$socket" -p 50432 -U "$SUPERUSER" -f - ||
        fail "in database $1 of the clone: see above"
}

#include control

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN"
if [ "$(cat "$WORK/isolated" 2>/dev/null)" = "$RUN" ]; then
    echo "the clone is already isolated"
    exit 0
fi
owned "$CLONE" "$WORK/owns-clone" || fail "$CLONE is not a clone of run $RUN"
# The first write here is the end of what the clone shares with blue: its position has to be known before.
[ -s "$WORK/recovered" ] || fail "the clone has not been recovered to its target yet"

socket=$(cat "$WORK/socket")
[ -d "$socket" ] || mkdir "$socket"
[ -O "$socket" ] && [ ! -h "$socket" ] || fail "the private socket directory $socket is not ours"
if ! server_of "$CLONE" >/dev/null; then
    start -w -t 300 || {
        grep -E 'FATAL|PANIC|HINT' "$WORK/clone.log" | tail -n 6 >&2 || true
        fail "the clone did not start within 300 s"
    }
fi

sql template1 >"$WORK/databases" <<'SQL'
SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname = 'template1', datname;
SQL

# First everywhere: a prepared transaction may hold locks on what all databases share.
while IFS= read -r database; do
    sql "$database" <<'SQL'
SELECT 'prepared transaction ' || quote_ident(gid) || ' of ' || quote_ident(database)
FROM pg_prepared_xacts WHERE database = current_database();
SELECT format('ROLLBACK PREPARED %L', gid)
FROM pg_prepared_xacts WHERE database = current_database() \gexec
SQL
done <"$WORK/databases"

while IFS= read -r database; do
    # slot_name = NONE: DROP must not take the slot away from blue's own publisher. It would connect
    # there for tables that are not ready, so that none is left in such a state.
    sql "$database" <<'SQL'
SELECT 'subscription ' || quote_ident(subname) || ' of ' || quote_ident(current_database())
FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE d.datname = current_database();
UPDATE pg_subscription_rel SET srsubstate = 'r'
WHERE srsubstate <> 'r' AND srsubid IN (
    SELECT s.oid FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
    WHERE d.datname = current_database());
SELECT format('ALTER SUBSCRIPTION %I DISABLE', subname),
       format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', subname),
       format('DROP SUBSCRIPTION %I', subname)
FROM pg_subscription JOIN pg_database d ON d.oid = subdbid WHERE d.datname = current_database() \gexec
SELECT 'publication pgcutover of ' || quote_ident(current_database())
FROM pg_publication WHERE pubname = 'pgcutover';
SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication WHERE pubname = 'pgcutover' \gexec
-- one that blue was given before it was copied again
SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger WHERE evtname ~ '^pgcutover_refuse_' \gexec
SQL
done <"$WORK/databases"

sql template1 <<'SQL'
SELECT 'slot ' || quote_ident(slot_name) FROM pg_replication_slots;
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots \g /dev/null
-- of subscriptions that are gone
SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin
WHERE roname ~ '^pg_[0-9]+(_[0-9]+)?$' \g /dev/null
-- CASCADE: what somebody granted on, too. Superusers need no grant; members of their roles would.
SELECT format('REVOKE CONNECT ON DATABASE %I FROM %s CASCADE', datname, string_agg(DISTINCT
           CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, ', '))
FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
WHERE a.privilege_type = 'CONNECT' AND datname <> 'template0'
GROUP BY datname \gexec
SQL

left=$(sql template1 <<'SQL'
SELECT 'role ' || quote_ident(rolname) || ' may still connect to ' || quote_ident(datname)
FROM pg_roles r, pg_database d
WHERE NOT rolsuper AND datname <> 'template0' AND has_database_privilege(r.oid, d.oid, 'CONNECT')
UNION ALL SELECT 'prepared transaction ' || quote_ident(gid) || ' is left in ' || quote_ident(database)
FROM pg_prepared_xacts
UNION ALL SELECT 'subscription ' || quote_ident(subname) || ' is left' FROM pg_subscription
UNION ALL SELECT 'slot ' || quote_ident(slot_name) || ' is left' FROM pg_replication_slots
LIMIT 5;
SQL
)
[ -z "$left" ] || fail "the clone is not isolated: $left"

"$OLD_BIN/pg_ctl" stop -D "$CLONE" -m fast -w -t 300 >/dev/null || fail "the clone did not stop within 300 s"
state=$(control 'Database cluster state')
[ "$state" = "shut down" ] || fail "the clone was not shut down cleanly: pg_control says '$state'"
echo "$RUN" >"$WORK/isolated.new"
sync "$WORK/isolated.new"
mv -f "$WORK/isolated.new" "$WORK/isolated"
sync "$WORK"
