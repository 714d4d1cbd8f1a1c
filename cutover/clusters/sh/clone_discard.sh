# doing: discarding the clone
# needs: OLD_BIN NEW_BIN DATA CLONE WORK RUN
# prints: `removed PATH` lines; WORK stays, so that the clone can be taken again
set -eu
OLD_BIN=$1 NEW_BIN=$2 DATA=$3 CLONE=$4 WORK=$5 RUN=$6
export LC_ALL=C

#include fail
#include seconds
#include directories
#include server_of
#include discard
#include end_members

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN: nothing was removed"
end_members "jobs of run $RUN"
# What says that a directory is complete goes before the directory.
rm -f "$WORK/cloned" "$WORK/recovering" "$WORK/recovered" "$WORK/history" "$WORK/isolated" "$WORK/upgraded" "$WORK/closed"
discard "$OLD_BIN" "$CLONE" "$WORK/owns-clone"
discard "$NEW_BIN" "$DATA" "$WORK/owns-data"
# A finished job is not run again under its name.
n=1
while [ -e "$WORK/jobs.$n" ]; do n=$((n + 1)); done
[ -z "$(ls -A "$WORK/jobs" 2>/dev/null)" ] || mv -T "$WORK/jobs" "$WORK/jobs.$n"
mkdir -p "$WORK/jobs"
