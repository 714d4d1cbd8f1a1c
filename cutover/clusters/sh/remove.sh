# doing: removing green
# needs: OLD_BIN NEW_BIN DATA CLONE WORK RUN STOP_COMMAND (empty: pg_ctl)
# prints: `removed PATH` lines
set -eu
OLD_BIN=$1 NEW_BIN=$2 DATA=$3 CLONE=$4 WORK=$5 RUN=$6 STOP_COMMAND=$7
export LC_ALL=C

#include fail
#include seconds
#include directories
#include server_of
#include discard
#include end_members

rm -rf "$WORK.new.$RUN" "$WORK.removed.$RUN"
if [ ! -e "$WORK" ]; then
    for directory in "$DATA" "$CLONE"; do
        [ ! -e "$directory" ] || [ -z "$(ls -A "$directory" 2>/dev/null)" ] ||
            fail "$WORK is gone, so that nothing says whose $directory is: it was left alone"
    done
    exit 0
fi
[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN: nothing was removed"

end_members "jobs of run $RUN"
discard "$OLD_BIN" "$CLONE" "$WORK/owns-clone"
if [ -n "$STOP_COMMAND" ] && owned "$DATA" "$WORK/owns-data" && server_of "$DATA" >/dev/null; then
    sh -c "$STOP_COMMAND" </dev/null >"$WORK/stop.log" 2>&1 || true
fi
discard "$NEW_BIN" "$DATA" "$WORK/owns-data"
socket=$(cat "$WORK/socket" 2>/dev/null || true)
case $socket in
    /tmp/pgcutover.??????) [ ! -O "$socket" ] || [ -h "$socket" ] || rm -rf "$socket" ;;
esac
# Renamed first: a half-removed work directory would have lost its mark.
mv -T "$WORK" "$WORK.removed.$RUN"
rm -rf "$WORK.removed.$RUN"
echo "removed $WORK"
