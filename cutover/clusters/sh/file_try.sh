# doing: putting a file in place to try it
# needs: RESOLVED SUFFIX COPY (suffixes: of the file to try, of the copy made before anything changed)
# prints: nothing
#
# An edit that somebody made since would be lost: then nothing is done.
set -eu
#include fail
cmp -s "$1.$3" "$1" || fail "$1 has changed since it was read"
mv -f "$1.$2" "$1"
