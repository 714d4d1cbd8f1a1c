# doing: connecting to blue from green's host
# needs: NEW_BIN OLD_BIN CONNINFO (of blue, key=value words, no password); stdin: libpq's password file, or nothing
# prints: `ok WAY` or `failed WAY MESSAGE` for each of the ways that prepare takes: sql, replication (a database's,
#         for changes), physical (for the copy)
# reads
set -eu
umask 077
NEW_BIN=$1 OLD_BIN=$2 CONNINFO=$3
export LC_ALL=C
#include no_pg_variables
export PGCONNECT_TIMEOUT=10 PGAPPNAME='pgcutover check'

psql=$NEW_BIN/psql
[ -x "$psql" ] || psql=$OLD_BIN/psql
[ -x "$psql" ] || { printf '%s\n' "there is no psql in $NEW_BIN, nor in $OLD_BIN" >&2; exit 1; }
#include scratch
scratch "${TMPDIR:-/tmp}/pgcutover.XXXXXX" 600
cat >"$work/pgpass"
[ ! -s "$work/pgpass" ] || export PGPASSFILE="$work/pgpass"

try() { # WAY CONNINFO COMMAND
    if timeout -k 5 25 "$psql" -X -w -q -At -d "$2" -c "$3" >/dev/null 2>"$work/said" </dev/null; then
        echo "ok $1"
    else
        echo "failed $1 $(tr '\n' ' ' <"$work/said")"
    fi
}

# A later keyword wins; where no database is named the maintenance database is meant.
try sql "$CONNINFO dbname=postgres" 'SELECT 1'
try replication "$CONNINFO dbname=postgres replication=database" IDENTIFY_SYSTEM
try physical "$CONNINFO dbname=replication replication=true" IDENTIFY_SYSTEM
