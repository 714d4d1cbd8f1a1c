# doing: starting green
# needs: NEW_BIN DATA WORK START_COMMAND (empty: pg_ctl, with its log in WORK/server.log)
# prints: `running PID`
set -eu
NEW_BIN=$1 DATA=$2 WORK=$3 START_COMMAND=$4
export LC_ALL=C
#include no_pg_variables
#include fail
#include seconds
#include server_of

is_ready() { # it says so in the 8th line
    server_of "$DATA" >/dev/null && [ "$(sed -n '8s/ *$//p' "$DATA/postmaster.pid")" = ready ]
}

log_of() { # the end of what it said, wherever it says it
    log=$WORK/server.log
    [ -s "$log" ] || log=$WORK/start.log
    grep -E 'FATAL|PANIC|ERROR|HINT|DETAIL|LOG:  (invalid|unrecognized|parameter|could not)' "$log" 2>/dev/null |
        tail -n 6 || tail -n 6 "$log" || true
}

[ "$(cat "$WORK/closed" 2>/dev/null)" = "$(cat "$WORK/pgcutover.run" 2>/dev/null)" ] && [ -s "$WORK/closed" ] ||
    fail "green has not been closed yet: it must not be started where clients reach it"
if ! server_of "$DATA" >/dev/null; then
    if [ -n "$START_COMMAND" ]; then
        sh -c "$START_COMMAND" </dev/null >"$WORK/start.log" 2>&1 || {
            tail -n 6 "$WORK/start.log" >&2
            fail "the start command failed: $START_COMMAND"
        }
    else
        tries=0
        while :; do
            : >"$WORK/server.log"
            "$NEW_BIN/pg_ctl" start -D "$DATA" -l "$WORK/server.log" -w -t 120 </dev/null >"$WORK/start.log" 2>&1 && break
            # again for a while, as long as what a killed server left is still going
            tries=$((tries + 1))
            [ "$tries" -lt 40 ] && grep -q -e 'lock file ".*" already exists' \
                -e 'pre-existing shared memory block' "$WORK/server.log" || break
            sleep 0.25
        done
    fi
fi
until=$(($(seconds) + 120))
while ! is_ready; do
    if ! server_of "$DATA" >/dev/null && [ -z "$START_COMMAND" ]; then
        log_of >&2
        fail "green's server did not start"
    fi
    if [ "$(seconds)" -ge "$until" ]; then
        log_of >&2
        fail "green's server was not ready within 120 s"
    fi
    sleep 0.05
done
echo "running $(server_of "$DATA")"
