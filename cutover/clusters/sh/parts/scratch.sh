# A process that is killed runs no trap: another session looks after what it leaves.
scratch() { # TEMPLATE SECONDS [COMMANDS]: makes $work; COMMANDS come before its removal, behind the script or SECONDS
    work=$(mktemp -d "$1")
    main=$$ longest=$2 clean="${3:-}
rm -rf \"\$work\""
    export work main longest clean
    setsid sh -c 'waited=0
while [ -d "/proc/$main" ] && [ "$waited" -lt "$longest" ]; do
    sleep 1
    waited=$((waited + 1))
done
eval "$clean"' </dev/null >/dev/null 2>&1 &
    guard=$!
    trap 'eval "$clean"; kill "$guard" 2>/dev/null || true' EXIT
    trap 'exit 1' HUP INT TERM PIPE
}
