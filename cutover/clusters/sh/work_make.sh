# doing: making the work directory
# needs: WORK RUN; stdin: the content of blue's password file (libpq's .pgpass format)
# prints: nothing
set -eu
umask 077
WORK=$1 RUN=$2

#include fail

case $WORK in /*) ;; *) fail "the work directory has to be an absolute path: $WORK" ;; esac
case $WORK in
    *[\"\$\`\\]* | *"
"*) fail "pg_ctl cannot work with quotes, dollars, backticks or backslashes in a path: $WORK" ;;
esac
case $RUN in '' | *[!A-Za-z0-9._-]*) fail "a run id is letters, digits, '.', '_' and '-': $RUN" ;; esac
[ "$(id -u)" -ne 0 ] || fail "PostgreSQL does not run as root: the run prefix has to become the user that owns the servers"

if [ ! -e "$WORK/pgcutover.run" ]; then
    if [ -e "$WORK" ] && [ -n "$(ls -A "$WORK")" ]; then
        fail "$WORK exists and was not made by pgcutover: remove it or move it away"
    fi
    # Made aside and renamed, so that a work directory without its mark is never seen.
    new=$WORK.new.$RUN
    rm -rf "$new"
    mkdir "$new"
    printf '%s\n' "$RUN" >"$new/pgcutover.run"
    mkdir "$new/jobs"
    sync "$new/pgcutover.run" "$new"
    mv -T "$new" "$WORK"
    sync "$(dirname "$WORK")"
fi
owner=$(cat "$WORK/pgcutover.run")
[ "$owner" = "$RUN" ] || fail "$WORK belongs to another run, $owner: finish or abandon that one first"

mkdir -p "$WORK/jobs"
chmod 0700 "$WORK"
if [ ! -s "$WORK/socket" ]; then
    # A socket's path has at most 107 bytes, and the setting is a list: a plain, short one is needed.
    socket=$WORK/socket.d
    case $WORK in
        *[!A-Za-z0-9_./+-]*) socket= ;;
        *) [ "${#WORK}" -le 80 ] || socket= ;;
    esac
    [ -n "$socket" ] || socket=$(mktemp -d /tmp/pgcutover.XXXXXX)
    mkdir -p "$socket"
    printf '%s\n' "$socket" >"$WORK/socket.new"
    sync "$WORK/socket.new"
    mv -f "$WORK/socket.new" "$WORK/socket"
fi
cat >"$WORK/blue.pgpass.new"
chmod 0600 "$WORK/blue.pgpass.new"
sync "$WORK/blue.pgpass.new"
mv -f "$WORK/blue.pgpass.new" "$WORK/blue.pgpass"
sync "$WORK"
