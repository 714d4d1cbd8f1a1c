stop() { # BIN DIRECTORY
    server_of "$2" >/dev/null || return 0
    "$1/pg_ctl" stop -D "$2" -m fast -w -t 60 >/dev/null 2>&1 ||
        "$1/pg_ctl" stop -D "$2" -m immediate -w -t 60 >/dev/null 2>&1 || fail "the server in $2 does not stop"
}

members() { # what is left of the jobs' sessions
    sessions=
    for file in "$WORK"/jobs/*/pid; do
        { read -r pid _ <"$file"; } 2>/dev/null || continue
        sessions="$sessions $pid "
    done
    [ -n "$sessions" ] || return 0
    for process in /proc/[0-9]*; do
        { read -r stat <"$process/stat"; } 2>/dev/null || continue
        set -- ${stat##*) }
        case $sessions in *" $4 "*) ;; *) continue ;; esac
        [ "$1" != Z ] || continue
        tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qF "PGCUTOVER_JOB=$WORK/jobs/" || continue
        echo "${process#/proc/}"
    done
}

discard() { # BIN DIRECTORY MARK
    if owned "$2" "$3"; then
        stop "$1" "$2"
        rm -rf "$2"
        echo "removed $2"
    elif [ -e "$2" ] && { [ ! -d "$2" ] || [ -n "$(ls -A "$2")" ]; }; then
        fail "$2 was not made by run $RUN: it was left alone"
    elif [ -d "$2" ] && [ -e "$3.making" ]; then
        rmdir "$2"
        echo "removed $2"
    fi
    rm -f "$3.making"
}
