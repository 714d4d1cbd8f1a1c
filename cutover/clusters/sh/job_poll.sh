# doing: looking at a job
# needs: WORK JOB
# prints: `running`, `done 0`, `failed RC`, `lost` (neither a process nor a result) or `missing`; then the last lines of its log
# reads
set -eu
dir=$1/jobs/$2

#include job

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
