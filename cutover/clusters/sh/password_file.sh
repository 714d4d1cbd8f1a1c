# doing: writing the password file of the way back
# needs: WORK RUN NAME; stdin: its content (libpq's .pgpass format)
# prints: nothing
set -eu
umask 077
WORK=$1 RUN=$2 NAME=$3

#include fail

case $WORK in /*) ;; *) fail "the work directory has to be an absolute path: $WORK" ;; esac
[ "$(id -u)" -ne 0 ] || fail "the file must belong to the user that the server runs as: the run prefix has to become that user"
if [ ! -e "$WORK/pgcutover.run" ]; then
    if [ -e "$WORK" ] && [ -n "$(ls -A "$WORK")" ]; then
        fail "$WORK exists and was not made by pgcutover: remove it or move it away"
    fi
    new=$WORK.new.$RUN
    rm -rf "$new"
    mkdir "$new"
    printf '%s\n' "$RUN" >"$new/pgcutover.run"
    sync "$new/pgcutover.run" "$new"
    mv -T "$new" "$WORK"
    sync "$(dirname "$WORK")"
fi
owner=$(cat "$WORK/pgcutover.run")
[ "$owner" = "$RUN" ] || fail "$WORK belongs to another run, $owner: finish or abandon that one first"

cat >"$WORK/$NAME.new"
chmod 0600 "$WORK/$NAME.new"
sync "$WORK/$NAME.new"
mv -f "$WORK/$NAME.new" "$WORK/$NAME"
sync "$WORK"
