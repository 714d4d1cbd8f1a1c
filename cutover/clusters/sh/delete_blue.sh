# doing: stopping blue and removing its data directory
# needs: DATA RUN SYSTEM DIRECTORY (its identity) START (empty: no server runs) STOP_COMMAND (empty: pg_ctl)
# prints: `removed DATA`, `emptied DATA` (it could not be removed itself), or `gone`
#
# The mark comes before the first removal: a repeat knows by it that what is left may go.
set -eu
DATA=$1 RUN=$2 SYSTEM=$3 DIRECTORY=$4 START=$5 STOP_COMMAND=$6
export LC_ALL=C

#include fail
#include seconds
#include server_of

control() { "$BIN/pg_controldata" "$DATA" | sed -n "s/^$1: *//p"; }

stop() {
    { read -r pid; read -r _; read -r began; } <"$DATA/postmaster.pid"
    [ "$pid $began" = "$START" ] || fail "the server that runs in $DATA is not the one that answered as blue"
    if [ -n "$STOP_COMMAND" ]; then
        said=$(sh -c "$STOP_COMMAND" </dev/null 2>&1) || fail "the stop command failed: $STOP_COMMAND: $said"
    else
        said=$("$BIN/pg_ctl" stop -D "$DATA" -m fast -W </dev/null 2>&1) || true
    fi
    until=$(($(seconds) + 120))
    while server_of "$DATA" >/dev/null; do
        [ "$(seconds)" -lt "$until" ] || fail "blue's server did not stop within 120 s: $said"
        sleep 0.1
    done
}

nobody_left() { # neither a server nor what one has left behind, nor one beneath
    for process in /proc/[0-9]*; do
        at=$(readlink "$process/cwd") || continue
        case $at in
            "$REAL" | "$REAL"/*) ;;
            *) [ "$process/cwd" -ef "$DATA" ] || continue ;;
        esac
        case $(readlink "$process/exe" || true) in
            */postgres*) fail "a process of a server is still at work in $at: ${process#/proc/}" ;;
        esac
    done
}

only_blue() { # beneath it: nothing that is mounted, no other cluster
    while read -r _ _ _ _ point _; do
        point=$(printf '%b' "$point")
        case $point in "$REAL"/*) fail "something is mounted beneath $DATA: $point" ;; esac
    done </proc/self/mountinfo
    nested=$(find "$DATA" -ignore_readdir_race -mindepth 3 -path '*/global/pg_control' -print -quit)
    [ -z "$nested" ] || fail "another cluster is beneath $DATA: ${nested%/global/pg_control}"
}

while :; do # with a slash behind it a link would be what it leads to
    case $DATA in ?*/ | ?*/.) DATA=${DATA%/*} ;; *) break ;; esac
done
MARK=$DATA/pgcutover.deleting
if [ ! -e "$DATA" ] && [ ! -h "$DATA" ]; then
    [ -z "$START" ] || fail "blue answered a moment ago, but $DATA is not there"
    echo gone
    exit 0
fi
[ -d "$DATA" ] && [ ! -h "$DATA" ] && [ "$(stat -c '%i.%W' "$DATA")" = "$DIRECTORY" ] ||
    fail "$DATA is another directory than a moment ago: it was left alone"
REAL=$(readlink -f "$DATA")
only_blue
if [ "$(cat "$MARK" 2>/dev/null)" = "$RUN
$DIRECTORY" ] || [ -z "$(ls -A "$DATA")" ]; then
    [ -z "$START" ] || fail "blue answered a moment ago, but its files are not in $DATA: it was left alone"
else
    read -r line <"$DATA/postmaster.opts"
    BIN=$(dirname "${line%% \"*}")
    [ "$(control 'Database system identifier')" = "$SYSTEM" ] || fail "$DATA is of another cluster: it was left alone"
    ! server_of "$DATA" >/dev/null || stop
    state=$(control 'Database cluster state')
    [ "$state" = "shut down" ] || fail "the server in $DATA was not shut down properly: $state"
    nobody_left
    only_blue # stopping it took its time
    printf '%s\n%s\n' "$RUN" "$DIRECTORY" >"$MARK.new"
    sync "$MARK.new"
    mv "$MARK.new" "$MARK"
    sync "$DATA"
fi
nobody_left
[ -h "$DATA/global" ] || rm -f "$DATA/global/pg_control" # nobody can start what is left
for entry in "$DATA"/* "$DATA"/.[!.]* "$DATA"/..?*; do
    [ -e "$entry" ] || [ -h "$entry" ] || continue
    [ "$entry" != "$MARK" ] || continue
    rm -rf --one-file-system "$entry"
done
rm -f "$MARK"
if rmdir "$DATA" 2>/dev/null; then echo "removed $DATA"; else echo "emptied $DATA"; fi
sync "$(dirname "$DATA")" 2>/dev/null || true
