# doing: trying pg_upgrade on a copy of blue's schema
# needs: NEW_BIN OLD_BIN CONNINFO (of blue, key=value words, no password) SUPERUSER ENCODING PROVIDER(c|i|b)
#        COLLATE CTYPE PROVIDER_LOCALE(or empty) CHECKSUMS(on|off) RELATIONS SECONDS
#        PRELOAD_LIBRARIES(or empty); stdin: libpq's password file, or nothing
# prints: `working` now and then; at last `result passed`, or `result failed PHASE` where pg_upgrade itself refuses, or
#         `result unable` where it was not asked or has not ended, and behind it why
# reads
set -eu
umask 077
NEW_BIN=$1 OLD_BIN=$2 CONNINFO=$3 SUPERUSER=$4 ENCODING=$5 PROVIDER=$6 COLLATE=$7 CTYPE=$8
shift 8
PROVIDER_LOCALE=$1 CHECKSUMS=$2 RELATIONS=$3 SECONDS_LEFT=$4 PRELOAD=${5:-}
export LC_ALL=C
#include no_pg_variables
export PGCONNECT_TIMEOUT=30 PGAPPNAME='pgcutover check'

pulse=
quiet() { # before the result is printed: nothing comes between its lines
    [ -z "$pulse" ] || { kill "$pulse" && wait "$pulse"; } 2>/dev/null || true
}

unable() { quiet; printf 'result unable\n%s\n' "$*"; exit 0; }

[ "$(id -u)" -ne 0 ] || unable "PostgreSQL does not run as root: [green] run has to become the user that will own green"
for program in initdb pg_ctl postgres psql pg_dump pg_dumpall pg_controldata pg_resetwal; do
    [ -x "$OLD_BIN/$program" ] || unable "$OLD_BIN has no $program"
done
for program in initdb pg_ctl postgres psql pg_upgrade pg_dump pg_dumpall pg_restore vacuumdb; do
    [ -x "$NEW_BIN/$program" ] || unable "$NEW_BIN has no $program"
done

# A file system of memory may be small, and a full one harms others.
free=$(df -Pk /tmp 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 / 1024 }') || free=
case $free in '' | *[!0-9]*) unable "the free space of /tmp could not be read" ;; esac
needed=$((512 + RELATIONS / 64))
[ "$free" -ge "$needed" ] || unable "/tmp has $free MB free, and the trial wants $needed MB"

#include scratch
# Below /tmp: the path of a socket has at most 107 bytes.
scratch /tmp/pgcutover.try.XXXXXX $((SECONDS_LEFT + 120)) \
    'for pidfile in "$work/old/postmaster.pid" "$work/new/postmaster.pid"; do
    { read -r pid <"$pidfile"; } 2>/dev/null || continue
    tries=0
    while [ "/proc/$pid/cwd" -ef "${pidfile%/*}" ] && [ "$tries" -lt 100 ]; do
        kill -QUIT "$pid" 2>/dev/null || true
        sleep 0.1
        tries=$((tries + 1))
    done
done'

cat >"$work/pgpass"
[ ! -s "$work/pgpass" ] || export PGPASSFILE="$work/pgpass"
mkdir "$work/s" "$work/u"

# Whoever loses the connection to this host ends nothing here: that nobody reads any more shows only to who writes.
(
    trap '' PIPE
    while [ -d "$work" ] && sleep 2 >/dev/null; do
        echo working || eval "$clean"
    done
) </dev/null 2>/dev/null &
pulse=$!

read -r up _ </proc/uptime
end=$((${up%%.*} + SECONDS_LEFT))
# Within the group of this script, so that whoever ends the group ends it too; not every timeout can.
foreground=
! timeout --foreground 1 true 2>/dev/null || foreground=--foreground
bounded() { # COMMAND...: within what is left of the time
    read -r up _ </proc/uptime
    left=$((end - ${up%%.*}))
    [ "$left" -gt 0 ] || left=1
    timeout $foreground -k 10 "$left" "$@"
}

hindered() { # PHASE FILE: that nothing is known of pg_upgrade, and the end of what was said
    status=$? said=
    case $status in
        124) why="it was not done in time" ;;
        *) why="exit status $status" ;;
    esac
    [ ! -e "$2" ] || said=$(grep -a -v -e '^ *$' -e ' ok$' -e '^-*$' "$2" | tail -n 12 | sed "s|$work/||g")
    unable "$1: $why${said:+
$said}"
}

major_of() { "$1/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'; }

#include preload

segment_mb=
make() { # BIN DIRECTORY PHASE: an empty cluster as blue's was
    major=$(major_of "$1")
    bin=$1 directory=$2 phase=$3
    set -- --lc-collate="$COLLATE" --lc-ctype="$CTYPE"
    # Blue's may be large, and for the trial both have but to be equal: of 10 it is the server's own.
    [ "${segment_mb:-16}" -eq 16 ] || set -- "$@" --wal-segsize="$segment_mb"
    if [ "$major" -ge 15 ]; then
        case $PROVIDER in
            i) set -- "$@" --locale-provider=icu --icu-locale="$PROVIDER_LOCALE" ;;
            b) set -- "$@" --locale-provider=builtin --builtin-locale="$PROVIDER_LOCALE" ;;
            *) set -- "$@" --locale-provider=libc ;;
        esac
    fi
    case $CHECKSUMS in
        on) set -- "$@" --data-checksums ;;
        *) [ "$major" -lt 18 ] || set -- "$@" --no-data-checksums ;;
    esac
    bounded "$bin/initdb" -D "$directory" -U "$SUPERUSER" -E "$ENCODING" --auth=trust --no-sync "$@" \
        >"$work/said" 2>&1 </dev/null || hindered "$phase" "$work/said"
    segment_mb=$("$bin/pg_controldata" -D "$directory" | sed -n 's/^Bytes per WAL segment: *//p')
    segment_mb=$((${segment_mb:-16777216} / 1048576))
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$work/s'"
        echo "fsync = off"
        echo "full_page_writes = off"
        echo "autovacuum = off"
        echo "max_connections = 30"
        echo "shared_buffers = 32MB"
        echo "min_wal_size = $((segment_mb * 2))MB"
        echo "max_wal_size = $((segment_mb * 4))MB"
        echo "max_locks_per_transaction = $((RELATIONS / 20 + 128))"
        echo "max_logical_replication_workers = 0"
        echo "shared_preload_libraries = '$(preload_for "$bin")'"
    } >>"$directory/postgresql.conf"
}

# Only ACCESS SHARE, and nobody's lock is waited for for long. No password of a role is needed. Tablespaces lie
# outside the scratch directory: to restore them would change what is there.
PGOPTIONS='-c lock_timeout=10s -c default_transaction_read_only=on' \
    bounded "$OLD_BIN/pg_dumpall" --schema-only --no-tablespaces --no-role-passwords --no-sync --no-password --lock-wait-timeout=10s \
    -d "$CONNINFO" >"$work/schema.sql" 2>"$work/said" </dev/null || hindered "pg_dumpall of blue's schema" "$work/said"

make "$OLD_BIN" "$work/old" "initdb of blue's release"
bounded "$OLD_BIN/pg_ctl" start -D "$work/old" -l "$work/old.log" -o "-p 50432" -w -t 120 >/dev/null 2>&1 </dev/null ||
    hindered "start of a server of blue's release" "$work/old.log"
export PGOPTIONS='-c default_transaction_read_only=off'
# What initdb has made is there already. Terse: a statement may hold the password of a user mapping.
quoted=$(printf '%s' "$SUPERUSER" | sed 's/"/""/g')
grep -v -x -F -e "CREATE ROLE $SUPERUSER;" -e "CREATE ROLE \"$quoted\";" "$work/schema.sql" >"$work/restore.sql"
bounded "$OLD_BIN/psql" -X -q -w -v ON_ERROR_STOP=1 -v VERBOSITY=terse -h "$work/s" -p 50432 -U "$SUPERUSER" -d postgres \
    -f "$work/restore.sql" >/dev/null 2>"$work/said" </dev/null || hindered "restore of blue's schema to blue's release" "$work/said"
bounded "$OLD_BIN/pg_ctl" stop -D "$work/old" -m fast -w -t 120 >/dev/null 2>&1 </dev/null ||
    hindered "stop of a server of blue's release" "$work/old.log"

make "$NEW_BIN" "$work/new" "initdb of green's release"
for mode in --check --link; do
    (cd "$work/u" && bounded "$NEW_BIN/pg_upgrade" "$mode" -b "$OLD_BIN" -B "$NEW_BIN" -d "$work/old" -D "$work/new" \
        -U "$SUPERUSER" -p 50432 -P 50433 -s "$work/s" >"$work/output" 2>&1 </dev/null) && continue
    status=$?
    # It names the files that say more, each on a line of its own or in quotes.
    sed -n 's/^ *\(\/.*\.txt\)$/\1/p; s/.*"\(\/[^"]*\.log\)".*/\1/p' "$work/output" | sort -u >"$work/files"
    while IFS= read -r file; do
        [ -s "$file" ] || continue
        case $file in
            *.txt) head -n 10 "$file" ;;
            *) grep -a -i -E 'error:|fatal:|panic:|detail:|could not' "$file" | head -n 4 ;;
        esac
    done <"$work/files" >"$work/causes" || true
    grep -a -v -e '^ *$' -e ' ok$' -e '^-*$' -e '^Failure, exiting' "$work/output" | tail -n 10 >"$work/said" || true
    cat "$work/causes" >>"$work/said"
    # 1 is its own; one that was ended has not refused, nor has one that had no room.
    if [ "$status" -ne 1 ] || grep -a -q 'No space left on device' "$work/said"; then
        (exit "$status") || hindered "pg_upgrade $mode" "$work/said"
    fi
    [ "$mode" = --check ] || mode=
    quiet
    printf 'result failed pg_upgrade%s\n' "${mode:+ $mode}"
    sed "s|$work/||g" "$work/said" | cut -c 1-400 | head -n 30
    exit 0
done
quiet
echo "result passed"
