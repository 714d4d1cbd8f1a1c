# doing: reading the identity of green's data directory
# needs: BIN DATA
# prints: its system identifier
# reads
set -eu
LC_ALL=C "$1/pg_controldata" "$2" | sed -n 's/^Database system identifier: *//p'
