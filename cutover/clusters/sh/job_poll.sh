# doing: looking at a job
# needs: WORK JOB
# prints: `running`, `done 0`, `failed RC`, `lost` (neither a process nor a result) or `missing`; then the last lines of its log
# reads
set -eu
dir=$1/jobs/$2

identity_of() { # PID: pid, start time, boot; fails when there is no such process
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    set -- "$1" "$boot" ${stat##*) }
    [ "$3" != Z ] || return 1
    echo "$1 ${22} $2"
}

leader_alive() {
    { read -r pid rest <"$dir/pid"; } 2>/dev/null || return 1
    [ "$(identity_of "$pid")" = "$pid $rest" ]
}

result() {
    rc=
    [ ! -s "$dir/rc" ] || read -r rc <"$dir/rc"
    [ -n "$rc" ]
}

if [ ! -d "$dir" ]; then
    echo missing
    exit 0
elif ! result && leader_alive; then
    echo running
elif ! result; then # asked again: it may have ended between the two questions
    echo lost
elif [ "$rc" = 0 ]; then
    echo "done 0"
else
    echo "failed $rc"
fi
[ ! -s "$dir/log" ] ||
    tail -c 16384 "$dir/log" | LC_ALL=C tr '\r\200-\377' '\n?' | LC_ALL=C tr -cd '\t\n -~' |
    grep -v '^ *$' | tail -n 15 | cut -c1-1000 || true
