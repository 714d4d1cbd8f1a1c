# doing: upgrading the clone with pg_upgrade
# needs: OLD_BIN NEW_BIN CLONE DATA WORK RUN SUPERUSER ENCODING PROVIDER(c|i|b) COLLATE CTYPE PROVIDER_LOCALE(or empty) CHECKSUMS(on|off) SEGSIZE_MB NEW_MAJOR [PRELOAD_LIBRARIES]
# prints: pg_upgrade's progress; `update_extensions FILE` when it wrote one. Exit status 3: take the clone again
set -eu
umask 077
OLD_BIN=$1 NEW_BIN=$2 CLONE=$3 DATA=$4 WORK=$5 RUN=$6 SUPERUSER=$7 ENCODING=$8
shift 8
PROVIDER=$1 COLLATE=$2 CTYPE=$3 PROVIDER_LOCALE=$4 CHECKSUMS=$5 SEGSIZE_MB=$6 NEW_MAJOR=$7 PRELOAD=${8:-}
export LC_ALL=C
#include no_pg_variables
# A database of blue may be read-only by default; pg_dump's own session settings stay as they are.
export PGOPTIONS='-c default_transaction_read_only=off' PGCONNECT_TIMEOUT=10

#include fail
take_again() { printf '%s\n' "$*: the clone has to be taken again" >&2; exit 3; }

#include directories
#include claim
#include quote
#include server_of

start() { # [OPTIONS of pg_ctl]: again for a while, as long as what a killed server left is still going
    tries=0
    while :; do
        : >"$WORK/clone.log"
        "$OLD_BIN/pg_ctl" start -D "$CLONE" -l "$WORK/clone.log" "$@" >/dev/null 2>&1 && return 0
        tries=$((tries + 1))
        [ "$tries" -lt 40 ] && grep -q -e 'lock file ".*" already exists' -e 'lock file ".*" is empty' \
            -e 'pre-existing shared memory block' "$WORK/clone.log" || return 1
        # a starting server fills its lock files at once: those that stay empty are of a killed one
        [ "$tries" -lt 8 ] || find "$CLONE/postmaster.pid" "$socket"/.s.PGSQL.*.lock -size 0 -delete 2>/dev/null || true
        # one that an earlier attempt had just begun to start
        ! server_of "$CLONE" >/dev/null ||
            "$OLD_BIN/pg_ctl" stop -D "$CLONE" -m fast -w -t 120 >/dev/null 2>&1 || true
        sleep 0.25
    done
}

stop_servers() {
    if server_of "$CLONE" >/dev/null; then
        "$OLD_BIN/pg_ctl" stop -D "$CLONE" -m fast -w -t 120 >/dev/null || fail "the clone's server does not stop"
    fi
    if server_of "$DATA" >/dev/null; then
        "$NEW_BIN/pg_ctl" stop -D "$DATA" -m fast -w -t 120 >/dev/null || fail "green's server does not stop"
    fi
}

left_behind() { # servers of an earlier attempt, even those that have not yet written their pid
    read -r stat <"/proc/$$/stat"
    set -- ${stat##*) }
    own=$4
    for process in /proc/[0-9]*; do
        if [ ! "$process/cwd" -ef "$CLONE" ] && [ ! "$process/cwd" -ef "$DATA" ]; then
            { read -r stat <"$process/stat"; } 2>/dev/null || continue
            set -- ${stat##*) }
            [ "$4" != "$own" ] && [ "$1" != Z ] || continue
            tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qxF "PGCUTOVER_JOB=${PGCUTOVER_JOB:-none}" || continue
        fi
        echo "${process#/proc/}"
    done 2>/dev/null
}

#include seconds
#include control
#include preload

explain() { # PHASE: why pg_upgrade failed, the cause last
    kept=$WORK/pg_upgrade.failed.$(date +%s)
    mkdir -p "$kept"
    [ ! -d "$DATA/pg_upgrade_output.d" ] || cp -R "$DATA/pg_upgrade_output.d" "$kept/" 2>/dev/null || true
    stop_servers
    output=$WORK/pg_upgrade/output
    grep -v -e '^ *$' -e '^Failure, exiting' -e ' ok$' -e '^-*$' "$output" | tail -n 8 >&2 || true
    # It names the files that say more, each on a line of its own or in quotes.
    sed -n 's/^ *\(\/.*\.txt\)$/\1/p; s/.*"\(\/[^"]*\.log\)".*/\1/p' "$output" | sort -u >"$kept/files"
    : >"$kept/causes"
    while IFS= read -r file; do
        [ -s "$file" ] || continue
        case $file in
            *.txt) head -n 20 "$file" ;;
            *) grep -a -i -E 'error:|fatal:|panic:|detail:|could not' "$file" | head -n 4 ;;
        esac
    done <"$kept/files" >"$kept/causes" || true
    cat "$kept/causes" >&2
    cause=$(grep -a -m 1 -i -E 'error:|fatal:' "$kept/causes" || sed -n 's/^\(.*[^ ]\)  *fatal$/\1/p; s/.*failed check: //p' "$output" | head -n 1)
    fail "pg_upgrade $1 failed${cause:+: $cause} (its files are kept in $kept)"
}

upgrade() { # ARGUMENT: --check or --link
    rm -f "$WORK/pg_upgrade/output"
    (
        cd "$WORK/pg_upgrade"
        "$NEW_BIN/pg_upgrade" "$1" -b "$OLD_BIN" -B "$NEW_BIN" -d "$CLONE" -D "$DATA" -U "$SUPERUSER" \
            -p 50432 -P 50433 -s "$socket" -j "$jobs" 2>&1 || echo "exit status $?" >failure
    ) | tee "$WORK/pg_upgrade/output"
    [ ! -e "$WORK/pg_upgrade/failure" ] || explain "$1"
}

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN"
if [ "$(cat "$WORK/upgraded" 2>/dev/null)" = "$RUN" ]; then
    owned "$DATA" "$WORK/owns-data" || take_again "$DATA is not what this run made"
    ! owned "$CLONE" "$WORK/owns-clone" || rm -rf "$CLONE"
    echo "green is already upgraded"
    exit 0
fi
owned "$CLONE" "$WORK/owns-clone" || fail "$CLONE is not a clone of run $RUN"
if [ -e "$CLONE/global/pg_control.old" ]; then
    take_again "an earlier pg_upgrade --link broke off after it had begun to link files"
fi
[ "$(cat "$WORK/isolated" 2>/dev/null)" = "$RUN" ] || fail "the clone has not been isolated yet"

socket=$(cat "$WORK/socket")
[ -d "$socket" ] || mkdir "$socket"
[ -O "$socket" ] && [ ! -h "$socket" ] || fail "the private socket directory $socket is not ours"
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
[ "$jobs" -le 8 ] || jobs=8

until=$(($(seconds) + 60))
while stop_servers && left=$(left_behind) && [ -n "$left" ]; do
    [ "$(seconds)" -lt "$until" ] || fail "processes of an earlier attempt do not end within 60 s:" $left
    sleep 0.1
done
rm -f "$socket"/.s.PGSQL.*
[ -s "$CLONE/postmaster.pid" ] || rm -f "$CLONE/postmaster.pid"
if [ -e "$DATA" ] || [ -h "$DATA" ]; then
    if owned "$DATA" "$WORK/owns-data"; then
        rm -rf "$DATA"
    elif [ ! -d "$DATA" ] || [ -n "$(ls -A "$DATA")" ]; then
        fail "$DATA exists and was not made by this run: remove it or move it away"
    fi
fi
claim "$DATA" "$WORK/owns-data"

set -- --lc-collate="$COLLATE" --lc-ctype="$CTYPE"
if [ "$NEW_MAJOR" -ge 15 ]; then
    case $PROVIDER in
        c) set -- "$@" --locale-provider=libc ;;
        i) set -- "$@" --locale-provider=icu --icu-locale="$PROVIDER_LOCALE" ;;
        b) set -- "$@" --locale-provider=builtin --builtin-locale="$PROVIDER_LOCALE" ;;
        *) fail "unknown locale provider '$PROVIDER'" ;;
    esac
fi
case $CHECKSUMS in
    on) set -- "$@" --data-checksums ;;
    *) [ "$NEW_MAJOR" -lt 18 ] || set -- "$@" --no-data-checksums ;;
esac
# --no-sync: pg_upgrade syncs all of it in the end.
"$NEW_BIN/initdb" -D "$DATA" -U "$SUPERUSER" -E "$ENCODING" --wal-segsize="$SEGSIZE_MB" \
    --auth-local=trust --auth-host=reject --no-sync "$@" >"$WORK/initdb.log" 2>&1 || {
    tail -n 5 "$WORK/initdb.log" >&2
    fail "initdb of $NEW_MAJOR failed"
}

# pg_dump and pg_restore lock every relation of a database in one transaction. Views have no files to be
# counted by: there is room for 100000 of them.
relations=0
for directory in "$CLONE"/base/*; do
    files=$(ls -f "$directory" | wc -l)
    [ "$files" -le "$relations" ] || relations=$files
done
was=$(sed -n 's/^max_locks_per_transaction = \([0-9]*\)$/\1/p' "$WORK/clone.conf" | tail -n 1)
for side in "$OLD_BIN|$CLONE|$WORK/clone.conf" "$NEW_BIN|$DATA|$WORK/initdb.conf"; do
    bin=${side%%|*} rest=${side#*|}
    directory=${rest%%|*} source=${rest#*|}
    [ "$source" != "$WORK/initdb.conf" ] || cp "$DATA/postgresql.conf" "$source"
    connections=$(sed -n 's/^max_connections = \([0-9]*\).*/\1/p' "$source" | tail -n 1)
    locks=$(((relations + 100000) / ${connections:-100} + 64))
    [ "$locks" -ge "${was:-64}" ] || locks=$was
    {
        cat "$source"
        echo "# for pg_upgrade"
        echo "listen_addresses = ''"
        echo "max_locks_per_transaction = $locks"
        echo "max_logical_replication_workers = 0"
        printf '%s\n' "shared_preload_libraries = $(quote "$(preload_for "$bin")")"
    } >"$directory/postgresql.conf"
done

# Somebody may have killed the server of an earlier attempt: pg_upgrade wants a clean end.
if [ "$(control 'Database cluster state')" != "shut down" ]; then
    start -w -t 300 || fail "the clone did not start within 300 s"
    "$OLD_BIN/pg_ctl" stop -D "$CLONE" -m fast -w -t 300 >/dev/null || fail "the clone did not stop within 300 s"
fi

rm -rf "$WORK/pg_upgrade"
mkdir "$WORK/pg_upgrade"
upgrade --check
upgrade --link
stop_servers
# Nobody gets in by a left-over `trust`: the real file is written when green is configured.
printf 'local all all reject\n' >"$DATA/pg_hba.conf"
sync "$DATA/pg_hba.conf"

echo "$RUN" >"$WORK/upgraded.new"
sync "$WORK/upgraded.new"
mv -f "$WORK/upgraded.new" "$WORK/upgraded"
sync "$WORK"
# Its files are green's now: it must never be started again.
rm -rf "$CLONE"
[ ! -e "$WORK/pg_upgrade/update_extensions.sql" ] || echo "update_extensions $WORK/pg_upgrade/update_extensions.sql"
