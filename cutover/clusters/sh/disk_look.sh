# doing: reading the free space
# needs: PATH (of a directory that may not exist yet)
# prints: free_bytes=N and total_bytes=N of the file system it is on, and used_bytes=N of the directory
# reads
set -eu
path=$1
export LC_ALL=C
used=0
[ ! -d "$path" ] || used=$(du -sk "$path" 2>/dev/null | awk '{ printf "%.0f", $1 * 1024 }')
while [ ! -d "$path" ]; do path=$(dirname "$path"); done
df -Pk "$path" | awk 'NR == 2 { printf "free_bytes=%.0f\ntotal_bytes=%.0f\n", $4 * 1024, $2 * 1024 }'
echo "used_bytes=$used"
