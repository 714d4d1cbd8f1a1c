# doing: looking at green's host
# needs: NEW_BIN OLD_BIN DATA
# prints: key=value lines, then `complete`
# reads
set -eu
NEW_BIN=$1 OLD_BIN=$2 DATA=$3
CLONE=$DATA.clone WORK=$DATA.pgcutover
export LC_ALL=C

version_of() { # 17.12
    "$1/postgres" --version 2>/dev/null | sed 's/^[^0-9]*//; s/ .*//'
}

identity_of() { # inode and birth: a directory made again under the same name is another one
    stat -c '%i.%W' "$1"
}

state_of() { # DIRECTORY MARK: absent, link, empty, used, ours
    if [ -h "$1" ]; then
        echo link # none of ours is one
    elif [ ! -e "$1" ]; then
        echo absent
    elif [ ! -d "$1" ]; then
        echo used
    elif [ -r "$2" ] && [ "$(sed -n 2p "$2")" = "$(identity_of "$1")" ]; then
        echo ours
    elif entries=$(ls -A "$1" 2>/dev/null) && [ -z "$entries" ]; then
        echo empty
    else
        echo used
    fi
}

yes_if() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }

parent=$(dirname "$DATA")
echo "user=$(id -un)"
echo "uid=$(id -u)"
echo "hostname=$(uname -n)"
echo "cpus=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)"
echo "new_version=$(version_of "$NEW_BIN")"
echo "old_version=$(version_of "$OLD_BIN")"
lacking() { # DIRECTORY PROGRAM...
    directory=$1
    shift
    for program; do
        [ -x "$directory/$program" ] || printf '%s ' "$program"
    done
}
echo "new_lacks=$(lacking "$NEW_BIN" initdb pg_ctl pg_controldata pg_upgrade pg_dump pg_dumpall pg_restore psql vacuumdb)"
echo "old_lacks=$(lacking "$OLD_BIN" pg_ctl pg_controldata pg_basebackup pg_resetwal psql)"
host_lacks=
for program in setsid nohup flock sync stat; do
    command -v "$program" >/dev/null || host_lacks="$host_lacks$program "
done
echo "host_lacks=$host_lacks"
echo "knows_pg_attver=$(yes_if grep -aq pg_attver "$NEW_BIN/postgres")"

echo "data_state=$(state_of "$DATA" "$WORK/owns-data")"
echo "clone_state=$(state_of "$CLONE" "$WORK/owns-clone")"
work_run=
[ ! -r "$WORK/pgcutover.run" ] || work_run=$(cat "$WORK/pgcutover.run")
if [ -n "$work_run" ]; then echo work_state=marked; else echo "work_state=$(state_of "$WORK" /dev/null)"; fi
echo "work_run=$work_run"

echo "data_parent_writable=$(yes_if test -d "$parent" -a -w "$parent" -a -x "$parent")"
if [ -d "$parent" ]; then
    echo "free_bytes=$(df -Pk "$parent" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
    # --link needs DATA and its sibling on one file system: not so when one of them is a mount point
    same=yes
    for directory in "$DATA" "$CLONE"; do
        [ ! -d "$directory" ] || [ "$(stat -c %d "$directory")" = "$(stat -c %d "$parent")" ] || same=no
    done
    echo "same_filesystem=$same"
else
    echo free_bytes=0
fi
echo complete
