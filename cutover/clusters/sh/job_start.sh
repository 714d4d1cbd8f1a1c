# doing: starting a job
# needs: WORK JOB; stdin: the complete sh program to run
# prints: `running PID`, whether it was started now or before, or `done 0` when it has already succeeded
#
# WORK/jobs/JOB: command, pid (pid, start time, boot: a reused pid is not taken for ours), log, rc.
# An attempt that failed or was lost is moved aside to JOB.1, JOB.2, ...
set -eu
umask 077
WORK=$1 JOB=$2
dir=$WORK/jobs/$JOB

#include fail
#include seconds
#include job

members() { # what is left of the job's session; servers it started have sessions of their own
    { read -r pid rest <"$dir/pid"; } 2>/dev/null || return 0
    for process in /proc/[0-9]*; do
        { read -r stat <"$process/stat"; } 2>/dev/null || continue
        set -- ${stat##*) }
        [ "$4" = "$pid" ] && [ "$1" != Z ] || continue
        tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qxF "PGCUTOVER_JOB=$dir" || continue
        echo "${process#/proc/}"
    done
}

#include end_members

case $JOB in '' | *[!A-Za-z0-9_-]*) fail "a job's name is letters, digits, '_' and '-': $JOB" ;; esac
[ -e "$WORK/pgcutover.run" ] || fail "$WORK is not a work directory of pgcutover"
mkdir -p "$WORK/jobs"

# The lock is inherited by the job and let go by it when its pid is written: a second start never
# sees a job that runs without a pid, even if this shell is killed.
exec 9>"$WORK/jobs/$JOB.lock"
flock -w 30 9 || fail "another start of job $JOB holds its lock for 30 s"

if [ -d "$dir" ]; then
    rc=
    [ ! -s "$dir/rc" ] || read -r rc <"$dir/rc"
    if [ "$rc" = 0 ]; then
        echo "done 0"
        exit 0
    fi
    if [ -z "$rc" ] && leader_alive; then
        echo "running $pid"
        exit 0
    fi
    end_members "processes of an earlier attempt of $JOB"
    n=1
    while [ -e "$dir.$n" ]; do n=$((n + 1)); done
    mv -T "$dir" "$dir.$n"
fi

rm -rf "$dir.new"
mkdir "$dir.new"
cat >"$dir.new/command"
[ -s "$dir.new/command" ] || fail "job $JOB was given no program"
: >"$dir.new/log"
sync "$dir.new/command"
mv -T "$dir.new" "$dir"

PGCUTOVER_JOB=$dir setsid nohup sh -c '
    umask 077
    dir=$1
    read -r stat </proc/$$/stat
    set -- ${stat##*) }
    shift 19
    read -r boot </proc/sys/kernel/random/boot_id
    echo "$$ $1 $boot" >"$dir/pid.new" && mv -f "$dir/pid.new" "$dir/pid" || exit 1
    exec 9>&-
    rc=0
    sh "$dir/command" >>"$dir/log" 2>&1 || rc=$?
    echo "$rc" >"$dir/rc.new" && sync "$dir/rc.new" && mv -f "$dir/rc.new" "$dir/rc"
' pgcutover-job "$dir" </dev/null >/dev/null 2>>"$dir/log" &

until=$(($(seconds) + 10))
while [ ! -e "$dir/pid" ]; do
    [ "$(seconds)" -lt "$until" ] || fail "job $JOB did not start within 10 s: $(tail -n 3 "$dir/log")"
    sleep 0.02
done
read -r pid rest <"$dir/pid"
echo "running $pid"
