# doing: making a file durable
# needs: FILE
# prints: nothing
set -eu
sync "$1" "$(dirname "$1")"
