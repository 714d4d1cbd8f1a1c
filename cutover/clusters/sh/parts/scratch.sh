# A process that is killed runs no trap: another session looks after what it leaves, and after what it ran, which
# has a mark in its environment.
scratch() { # TEMPLATE SECONDS [COMMANDS]: makes $work; COMMANDS come before its removal, behind the script or SECONDS
    work=$(mktemp -d "$1")
    main=$$ longest=$2 clean="unset PGCUTOVER_SCRATCH
${3:-}"'
tries=0
while [ "$tries" -lt 200 ]; do
    left=
    for process in $(grep -lF "PGCUTOVER_SCRATCH=$work" /proc/[0-9]*/environ 2>/dev/null); do
        process=${process#/proc/} left="$left ${process%/environ}"
    done
    signal=TERM
    [ "$tries" -lt 20 ] || signal=KILL
    if [ -n "$left" ]; then
        kill -s "$signal" $left 2>/dev/null || true
    elif rm -rf "$work" 2>/dev/null && [ ! -e "$work" ]; then
        break
    fi
    sleep 0.1
    tries=$((tries + 1))
done'
    export work main longest clean
    setsid sh -c 'waited=0
while [ -d "/proc/$main" ] && [ "$waited" -lt "$longest" ]; do
    sleep 1
    waited=$((waited + 1))
done
eval "$clean"' </dev/null >/dev/null 2>&1 &
    guard=$!
    export PGCUTOVER_SCRATCH="$work"
    trap 'eval "$clean"; kill "$guard" 2>/dev/null || true' EXIT
    trap 'exit 1' HUP INT TERM PIPE
}
