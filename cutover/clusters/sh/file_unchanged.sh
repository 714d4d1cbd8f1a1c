# doing: looking whether a file was changed
# needs: RESOLVED SUFFIX (of the copy)
# prints: nothing
# reads
#
# Somebody's edit would be lost when the file is replaced.
set -eu
#include fail
cmp -s "$1.$2" "$1" || fail "$1 has changed since it was read"
