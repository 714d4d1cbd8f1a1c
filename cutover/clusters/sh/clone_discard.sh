# doing: discarding the clone
# needs: OLD_BIN NEW_BIN DATA CLONE WORK RUN
# prints: `removed PATH` lines; WORK stays, so that the clone can be taken again
set -eu
OLD_BIN=$1 NEW_BIN=$2 DATA=$3 CLONE=$4 WORK=$5 RUN=$6
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

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN: nothing was removed"
end_jobs
# What says that a directory is complete goes before the directory.
rm -f "$WORK/cloned" "$WORK/recovering" "$WORK/recovered" "$WORK/history" "$WORK/isolated" "$WORK/upgraded" "$WORK/closed"
discard "$OLD_BIN" "$CLONE" "$WORK/owns-clone"
discard "$NEW_BIN" "$DATA" "$WORK/owns-data"
# A finished job is not run again under its name.
n=1
while [ -e "$WORK/jobs.$n" ]; do n=$((n + 1)); done
[ -z "$(ls -A "$WORK/jobs" 2>/dev/null)" ] || mv -T "$WORK/jobs" "$WORK/jobs.$n"
mkdir -p "$WORK/jobs"
