# doing: switching a file
# needs: RESOLVED SUFFIX (as file_read and file_stage gave them)
# prints: nothing
#
# Inside the pause: one fork, no sync (file_sync, after RESUME).
set -eu
mv -f "$1.$2" "$1"
