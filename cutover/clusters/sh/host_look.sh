# doing: looking at green's host
# needs: NEW_BIN OLD_BIN DATA
# prints: key=value lines
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

state_of() { # DIRECTORY MARK: absent, empty, used, ours
    if [ ! -e "$1" ] && [ ! -h "$1" ]; then
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
for program in initdb pg_ctl pg_controldata pg_upgrade pg_dump pg_dumpall pg_restore psql vacuumdb; do
    echo "has_$program=$(yes_if test -x "$NEW_BIN/$program")"
done
for program in initdb pg_ctl pg_controldata pg_basebackup pg_resetwal psql; do
    echo "has_old_$program=$(yes_if test -x "$OLD_BIN/$program")"
done
for program in setsid nohup flock sync stat; do
    echo "has_$program=$(yes_if command -v "$program")"
done
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
    # --link needs DATA and its sibling on one file system: not so when DATA is a mount point
    if [ -d "$DATA" ] && [ "$(stat -c %d "$DATA")" != "$(stat -c %d "$parent")" ]; then
        echo same_filesystem=no
    else
        echo same_filesystem=yes
    fi
else
    echo free_bytes=0
    echo same_filesystem=no
fi
