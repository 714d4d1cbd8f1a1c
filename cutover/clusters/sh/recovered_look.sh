# doing: reading where the clone left blue
# needs: WORK CLONE
# prints: run=, target=, timeline=, system_identifier=, replay_lsn= (or unknown), history_file=, then `history:` and that file
# reads
set -eu
WORK=$1 CLONE=$2

#include fail

[ -s "$WORK/recovered" ] && [ -s "$WORK/history" ] || fail "the clone has not been recovered to its target yet"
file=$CLONE/pg_wal/$(sed -n 's/^history_file=//p' "$WORK/recovered")
if [ -e "$file" ] && ! cmp -s "$file" "$WORK/history"; then
    fail "$file and its copy in $WORK differ: the clone is not the one that was recovered"
fi
cat "$WORK/recovered"
echo history:
cat "$WORK/history"
