# doing: looking names up where a pooler does
# needs: NAME...
# prints: a line for each: the name and its addresses, or the name and "-" when nobody knows it;
#         "!" and why, when nobody can tell of one of them, or of any
# reads
set -eu
tell() { printf '! %s\n' "$*"; }
command -v getent >/dev/null || { tell "there is no getent"; exit 0; }
for name; do
    status=0
    found=$(timeout 5 getent ahosts "$name") || status=$?
    # 2 is "not known"; what took too long is not known either
    case $status in 0 | 2 | 124) ;; *) tell "getent ahosts $name: exit code $status"; continue ;; esac
    addresses=$(printf '%s\n' "$found" | awk 'NF { print $1 }' | sort -u | tr '\n' ' ')
    printf '%s %s\n' "$name" "${addresses:--}"
done
