end_members() { # WHOSE: what members() prints
    for signal in TERM KILL; do
        until=$(($(seconds) + 10))
        while left=$(members) && [ -n "$left" ]; do
            kill -s "$signal" $left 2>/dev/null || true
            [ "$(seconds)" -lt "$until" ] || break
            sleep 0.1
        done
        [ -n "$left" ] || return 0
    done
    fail "$1 do not end:" $left
}
