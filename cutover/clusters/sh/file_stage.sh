# doing: staging a file beside its target
# needs: FILE SUFFIX; stdin: the new content
# prints: the path of the staged file
set -eu
umask 077
#include fail
path=$(readlink -f "$1") && [ -f "$path" ] || fail "$1 does not exist"
case $2 in '' | */*) fail "not a suffix: '$2'" ;; esac
staged=$path.$2
[ -w "$(dirname "$path")" ] || fail "$(dirname "$path") cannot be written by $(id -un): the file is replaced by a rename"

trap 'rm -f "$staged.new"' EXIT
rm -f "$staged.done" # file_restore's note of an earlier one
cp -p "$path" "$staged.new" # for mode and owner
chmod u+w "$staged.new"
cat >"$staged.new"
[ -s "$staged.new" ] || fail "no content was given for $path"
chmod "$(stat -c %a "$path")" "$staged.new"
[ "$(stat -c '%u:%g' "$staged.new")" = "$(stat -c '%u:%g' "$path")" ] ||
    fail "$(id -un) cannot give a file to $(stat -c '%U:%G' "$path"), the owner of $path"
sync "$staged.new"
mv -f "$staged.new" "$staged"
sync "$(dirname "$path")"
printf '%s\n' "$staged"
