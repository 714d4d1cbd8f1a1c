# doing: removing files
# needs: FILE...
# prints: nothing
set -eu
for file; do
    rm -f -- "$file" "$file.done"
done
