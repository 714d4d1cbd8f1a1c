# doing: writing a file
# needs: PATH MODE; stdin: its content
# prints: nothing
set -eu
umask 077
path=$1 mode=$2
new=$path.pgcutover.new

[ ! -d "$path" ] || { printf '%s\n' "$path is a directory" >&2; exit 1; }
trap 'rm -f "$new"' EXIT
cat >"$new"
chmod "$mode" "$new"
sync "$new"
mv -f "$new" "$path"
sync "$(dirname "$path")"
