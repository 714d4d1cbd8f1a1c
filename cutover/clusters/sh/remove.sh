# doing: removing green
# needs: OLD_BIN NEW_BIN DATA CLONE WORK RUN STOP_COMMAND (empty: pg_ctl)
# prints: `removed PATH` lines
set -eu
OLD_BIN=$1 NEW_BIN=$2 DATA=$3 CLONE=$4 WORK=$5 RUN=$6 STOP_COMMAND=$7
export LC_ALL=C

fail() { printf '%s\n' "$*" >&2; exit 1; }

seconds() { # monotonic
    read -r up _ </proc/uptime
    echo "${up%%.*}"
}

identity_of() { stat -c '%i.%W' "$1"; }

owned() { # DIRECTORY MARK: made by this run; a directory made again under the same name is not
    [ -d "$1" ] && [ ! -h "$1" ] && [ -r "$2" ] && [ "$(cat "$2")" = "$RUN
$(identity_of "$1")" ]
}

server_of() { # DIRECTORY: the pid of the server that runs in it; fails when none does
    { read -r pid <"$1/postmaster.pid"; } 2>/dev/null && [ "/proc/$pid/cwd" -ef "$1" ] && echo "$pid"
}

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

end_jobs() {
    for signal in TERM KILL; do
        until=$(($(seconds) + 10))
        while left=$(members) && [ -n "$left" ]; do
            kill -s "$signal" $left 2>/dev/null || true
            [ "$(seconds)" -lt "$until" ] || break
            sleep 0.1
        done
        [ -n "$left" ] || return 0
    done
    fail "jobs of run $RUN do not end:" $left
}

discard() { # BIN DIRECTORY MARK
    if owned "$2" "$3"; then
        stop "$1" "$2"
        rm -rf "$2"
        echo "removed $2"
    elif [ -e "$2" ] && { [ ! -d "$2" ] || [ -n "$(ls -A "$2")" ]; }; then
        fail "$2 was not made by run $RUN: it was left alone"
    fi
}

rm -rf "$WORK.new.$RUN" "$WORK.removed.$RUN"
if [ ! -e "$WORK" ]; then
    for directory in "$DATA" "$CLONE"; do
        [ ! -e "$directory" ] || [ -z "$(ls -A "$directory" 2>/dev/null)" ] ||
            fail "$WORK is gone, so that nothing says whose $directory is: it was left alone"
    done
    exit 0
fi
[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN: nothing was removed"

end_jobs
discard "$OLD_BIN" "$CLONE" "$WORK/owns-clone"
if [ -n "$STOP_COMMAND" ] && owned "$DATA" "$WORK/owns-data" && server_of "$DATA" >/dev/null; then
    sh -c "$STOP_COMMAND" </dev/null >"$WORK/stop.log" 2>&1 || true
fi
discard "$NEW_BIN" "$DATA" "$WORK/owns-data"
socket=$(cat "$WORK/socket" 2>/dev/null || true)
case $socket in
    /tmp/pgcutover.??????) [ ! -O "$socket" ] || [ -h "$socket" ] || rm -rf "$socket" ;;
esac
# Renamed first: a half-removed work directory would have lost its mark.
mv -T "$WORK" "$WORK.removed.$RUN"
rm -rf "$WORK.removed.$RUN"
echo "removed $WORK"
