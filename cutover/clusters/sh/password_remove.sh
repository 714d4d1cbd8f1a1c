# doing: removing the password file of the way back
# needs: WORK RUN NAME
# prints: nothing
#
# A work directory that held nothing else goes with it: on blue's host there is none but for this.
set -eu
WORK=$1 RUN=$2 NAME=$3
[ -e "$WORK" ] || exit 0
[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || exit 0
rm -f "$WORK/$NAME" "$WORK/$NAME.new"
if [ "$(ls -A "$WORK")" = pgcutover.run ]; then
    rm -f "$WORK/pgcutover.run"
    rmdir "$WORK"
fi
sync "$(dirname "$WORK")"
