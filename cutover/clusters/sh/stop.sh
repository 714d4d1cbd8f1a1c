# doing: stopping green
# needs: NEW_BIN DATA WORK STOP_COMMAND (empty: pg_ctl)
# prints: `stopped`
set -eu
NEW_BIN=$1 DATA=$2 WORK=$3 STOP_COMMAND=$4
export LC_ALL=C

#include fail
#include seconds
#include server_of

if server_of "$DATA" >/dev/null; then
    if [ -n "$STOP_COMMAND" ]; then
        sh -c "$STOP_COMMAND" </dev/null >"$WORK/stop.log" 2>&1 || {
            tail -n 6 "$WORK/stop.log" >&2
            fail "the stop command failed: $STOP_COMMAND"
        }
    else
        "$NEW_BIN/pg_ctl" stop -D "$DATA" -m fast -W </dev/null >"$WORK/stop.log" 2>&1 || true
    fi
    until=$(($(seconds) + 120))
    while server_of "$DATA" >/dev/null; do
        [ "$(seconds)" -lt "$until" ] || fail "green's server did not stop within 120 s"
        sleep 0.05
    done
fi
echo stopped
