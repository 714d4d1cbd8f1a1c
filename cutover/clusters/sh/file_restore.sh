# doing: putting a file back as it was
# needs: RESOLVED SUFFIX (of the copy that was staged before anything changed)
# prints: `as it was`, `restored`, or `no copy` when nothing had been staged yet
#
# The copy stays, so that this may be repeated.
set -eu
[ -e "$1.$2" ] || { echo 'no copy'; exit 0; }
cmp -s "$1.$2" "$1" && { echo 'as it was'; exit 0; }
cp -p "$1.$2" "$1.pgcutover-restored"
sync "$1.pgcutover-restored"
mv -f "$1.pgcutover-restored" "$1"
echo restored
