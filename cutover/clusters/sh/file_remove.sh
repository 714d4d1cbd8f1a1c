# doing: removing files
# needs: FILE...
# prints: nothing
set -eu
rm -f -- "$@"
