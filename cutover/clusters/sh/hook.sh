# doing: calling a pooler's hook
# needs: COMMAND ACTION JSON SECONDS CALLER [sweep] (CALLER: RUN/POOLER, tells whose calls they are)
# prints: what the hook prints on its standard output
#
# COMMAND is a line of sh; ACTION is put behind it. The hook reads JSON and has no variable but those
# of a login. After SECONDS it is killed with all that it started, here on its host: whoever called
# may be gone by then, and a hold that nobody waits for any more must not come true later. For the
# same reason `sweep` first kills what earlier calls of this CALLER have left at work.
set -u
newline='
'
# 1: it says that it failed, 137: it was killed; anything else comes from whoever runs this
fail() { printf '%s: %s\n' "$2" "$3" >&2; exit "$1"; }

if [ "${6-}" = sweep ]; then
    # `timeout` leads a process group of its own. This shell does not match: its arguments hold the
    # two parts of the mark, but not side by side. A pooler's name holds no ]: the mark ends there,
    # and that of `web` is not the beginning of that of `web-ro`.
    for process in $(grep -lF -e "pgcutover-hook:[$5]" /proc/[0-9]*/cmdline 2>/dev/null); do
        process=${process#/proc/}
        kill -s KILL -- "-${process%/cmdline}" 2>/dev/null
    done
fi

answer=$(
    {
        said=$(printf '%s\n' "$3" |
            env -i HOME="${HOME-/}" PATH="$PATH" ${USER+USER="$USER"} ${LOGNAME+LOGNAME="$LOGNAME"} \
                ${SHELL+SHELL="$SHELL"} ${TMPDIR+TMPDIR="$TMPDIR"} ${LANG+LANG="$LANG"} \
                ${LC_ALL+LC_ALL="$LC_ALL"} ${TZ+TZ="$TZ"} \
                timeout -s KILL "$4" sh -c "$1 \"\$@\"" "pgcutover-hook:[$5]" "$2" 2>&1 >&3 3>&-)
        status=$?
    } 3>&1 2>/dev/null
    [ "$status" -eq 0 ] && exit 0
    [ "$status" -ne 137 ] || fail 137 "$2" "it was killed: it had $4 s to answer"
    last=${said##*"$newline"}
    case $last in '' | *pgcutover-end*) last="it said nothing; its exit status is $status" ;; esac
    fail 1 "$2" "$last"
) || exit
# the mark by which the caller's shell tells where an answer ends
case $answer in *pgcutover-end*) fail 1 "$2" 'its answer is not an answer' ;; esac
printf '%s\n' "$answer"
