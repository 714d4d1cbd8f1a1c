# doing: analyzing green
# needs: NEW_BIN WORK HOST(socket directory or address) PORT SUPERUSER JOBS; a password in WORK/green.pgpass
# prints: vacuumdb's progress
set -eu
NEW_BIN=$1 WORK=$2 HOST=$3 PORT=$4 SUPERUSER=$5 JOBS=$6
export LC_ALL=C
#include no_pg_variables
[ ! -e "$WORK/green.pgpass" ] || export PGPASSFILE="$WORK/green.pgpass"
export PGCONNECT_TIMEOUT=30 PGAPPNAME=pgcutover
# A table that is locked for so long is worth an error: it would hold up replication as well.
export PGOPTIONS='-c statement_timeout=0 -c lock_timeout=5min -c idle_in_transaction_session_timeout=0
 -c default_transaction_read_only=off'
exec "$NEW_BIN/vacuumdb" --all --analyze-only -j "$JOBS" -w -h "$HOST" -p "$PORT" -U "$SUPERUSER"
