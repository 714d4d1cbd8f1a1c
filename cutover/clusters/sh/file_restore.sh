# doing: putting a file back as it was
# needs: RESOLVED SUFFIX STAGED (suffixes: of the copy made before anything changed, of the other side's)
# prints: `as it was`, `restored`, or `no copy` when nothing had been staged yet
#
# Only what was put in place of the file is taken away again: an edit that somebody made instead, or
# has made since, is left alone. May be repeated.
set -eu
# claimed: a file_switch that nobody waits for any more finds nothing to switch to
mv -f "$1.$3" "$1.$3.done" 2>/dev/null || :
[ ! -e "$1.$3.done" ] || { echo 'as it was'; exit 0; }
[ -e "$1.$2" ] || { echo 'no copy'; exit 0; }
if cmp -s "$1.$2" "$1"; then
    said='as it was'
else
    cp -p "$1.$2" "$1.pgcutover-restored"
    sync "$1.pgcutover-restored"
    mv -f "$1.pgcutover-restored" "$1"
    said=restored
fi
touch "$1.$3.done" || : # without it the file is only put back once more
echo "$said"
