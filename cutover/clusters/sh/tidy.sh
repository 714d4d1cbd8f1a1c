# doing: removing the files that served the run
# needs: CLONE WORK RUN
# prints: `removed PATH` lines
#
# Green's server log, which may be in WORK, stays; so does the mark that says whose WORK is.
set -eu
CLONE=$1 WORK=$2 RUN=$3
[ -e "$WORK" ] || exit 0
[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || {
    echo "$WORK is not of run $RUN: nothing was removed" >&2
    exit 1
}
if [ -e "$CLONE" ] && [ -r "$WORK/owns-clone" ] && [ "$(head -n 1 "$WORK/owns-clone")" = "$RUN" ]; then
    rm -rf "$CLONE"
    echo "removed $CLONE"
fi
for name in blue.pgpass green.pgpass jobs pg_upgrade recovered history blue.files; do
    [ -e "$WORK/$name" ] || continue
    rm -rf "${WORK:?}/$name"
    echo "removed $WORK/$name"
done
