# doing: putting a file back as it was
# needs: RESOLVED SUFFIX STAGED (suffixes: of the copy made before anything changed, of the other side's)
# prints: `as it was`, `restored`, or `no copy` when nothing had been staged yet
#
# The copy stays, so that this may be repeated.
set -eu
# a file_switch that nobody waits for any more finds nothing to switch to
rm -f "$1.$3"
[ -e "$1.$2" ] || { echo 'no copy'; exit 0; }
cmp -s "$1.$2" "$1" && { echo 'as it was'; exit 0; }
cp -p "$1.$2" "$1.pgcutover-restored"
sync "$1.pgcutover-restored"
mv -f "$1.pgcutover-restored" "$1"
echo restored
