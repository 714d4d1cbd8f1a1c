# doing: reading a file
# needs: FILE
# prints: its path with symbolic links resolved; `MODE OWNER GROUP`; then its content, byte for byte
# reads
set -eu
#include fail
path=$(readlink -f "$1") && [ -e "$path" ] || fail "$1 does not exist"
[ -f "$path" ] || fail "$path is not a file"
[ -r "$path" ] || fail "$path cannot be read by $(id -un)"
printf '%s\n' "$path"
stat -c '%a %U %G' "$path"
cat "$path"
