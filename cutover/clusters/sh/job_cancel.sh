# doing: cancelling a job
# needs: WORK JOB
# prints: `cancelled` or `not running`
#
# Servers that the job started have sessions of their own and are not ended here: the job's own
# script takes them over when it runs again, remove and clone_discard stop them.
set -eu
umask 077
WORK=$1 JOB=$2
dir=$WORK/jobs/$JOB

#include fail
#include seconds

members() { # what is left of the job's session
    { read -r pid rest <"$dir/pid"; } 2>/dev/null || return 0
    for process in /proc/[0-9]*; do
        { read -r stat <"$process/stat"; } 2>/dev/null || continue
        set -- ${stat##*) }
        [ "$4" = "$pid" ] && [ "$1" != Z ] || continue
        tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qxF "PGCUTOVER_JOB=$dir" || continue
        echo "${process#/proc/}"
    done
}

[ -d "$dir" ] || { echo "not running"; exit 0; }
exec 9>"$WORK/jobs/$JOB.lock"
flock -w 30 9 || fail "a start of job $JOB holds its lock for 30 s"

said="not running"
for signal in TERM KILL; do
    until=$(($(seconds) + 10))
    while left=$(members) && [ -n "$left" ]; do
        said=cancelled
        kill -s "$signal" $left 2>/dev/null || true
        [ "$(seconds)" -lt "$until" ] || break
        sleep 0.1
    done
    [ -n "$left" ] || break
done
[ -z "$left" ] || fail "processes of job $JOB do not end, 10 s after KILL:" $left
if [ ! -s "$dir/rc" ]; then
    echo 143 >"$dir/rc.new"
    mv -f "$dir/rc.new" "$dir/rc"
fi
echo "$said"
