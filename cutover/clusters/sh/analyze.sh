# doing: analyzing green
# needs: NEW_BIN WORK HOST(socket directory or address) PORT SUPERUSER JOBS; a password in WORK/green.pgpass
# prints: vacuumdb's progress
set -eu
NEW_BIN=$1 WORK=$2 HOST=$3 PORT=$4 SUPERUSER=$5 JOBS=$6
export LC_ALL=C
#include no_pg_variables
#include green_client
exec "$NEW_BIN/vacuumdb" --all --analyze-only -j "$JOBS" -w -h "$HOST" -p "$PORT" -U "$SUPERUSER"
