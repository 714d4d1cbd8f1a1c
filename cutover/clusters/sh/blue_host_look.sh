# doing: looking at blue's host
# needs: DATA (blue's data directory) POSTMASTER (of the server that answers as blue: its pid and when it began,
#        as in postmaster.pid)
# prints: wal_directory=, wal_free_bytes= (of the file system that the WAL is on), libc= and icu= (of the
#         server's program; empty: not known). Exit status 3: blue is not here
# reads
set -eu
DATA=$1 POSTMASTER=$2
export LC_ALL=C

fail() { printf '%s\n' "$*" >&2; exit 3; }

[ -d "$DATA" ] || fail "there is no directory $DATA here"
{ { read -r pid && read -r _ && read -r began; } <"$DATA/postmaster.pid"; } 2>/dev/null ||
    fail "$DATA/postmaster.pid cannot be read here by $(id -un)"
[ "$pid $began" = "$POSTMASTER" ] || fail "the server of $DATA here is not the one that answers as blue"

#include loader

wal=$(readlink -f "$DATA/pg_wal")
[ -d "$wal" ] || fail "there is no directory $DATA/pg_wal here"
echo "wal_directory=$wal"
echo "wal_free_bytes=$(df -Pk "$wal" | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
# A package that was updated leaves a program that runs but is not there any more.
if program=$(readlink "/proc/$pid/exe" 2>/dev/null) && [ -x "$program" ]; then
    echo "libc=$(libc_of "$program")"
    echo "icu=$(libraries_of "$program" | sed -n 's/^[^/]*libicui18n\.so\.\([0-9]*\).*/\1/p')"
else
    echo libc=
    echo icu=
fi
