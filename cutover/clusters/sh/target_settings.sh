# doing: asking green's release what it makes of settings
# needs: NEW_BIN; stdin: lines `set ROUND NUMBER NAME = 'VALUE'` (in one round no name comes twice; the value as in
#        postgresql.conf) and `ask NAME`, then `end`
# prints: `unknown NUMBER`, `failed ROUND MESSAGE` (what is set there does not pass) with `refused NUMBER MESSAGE`,
#         `default NAME VALUE` (of every enumeration, and of those asked for), `complete`. Exit status 3: its postgres does not even read an empty file, or dies of one
# reads
set -eu
umask 077
NEW_BIN=$1
export LC_ALL=C
#include no_pg_variables

#include no_input
#include scratch
scratch "${TMPDIR:-/tmp}/pgcutover.XXXXXX" 600

try() { # reads the configuration as a start would; no data directory is needed, and nothing is started
    status=0
    "$NEW_BIN/postgres" -C port -D "$work" -c log_destination=stderr -c log_line_prefix= \
        -c log_min_messages=warning -c log_error_verbosity=default -c lc_messages=C \
        >/dev/null 2>"$work/said" || status=$?
    [ "$status" -eq 0 ] || grep -q '^FATAL' "$work/said" || useless
}
useless() {
    echo "$NEW_BIN/postgres cannot read a configuration: exit status $status: $(tail -n 1 "$work/said")" >&2
    exit 3
}

write() { sed 's/^[0-9]* //' "$work/round" >"$work/postgresql.conf"; }

cat >"$work/lines"
[ "$(tail -n 1 "$work/lines")" = end ] || no_input
: >"$work/postgresql.conf"
try
[ "$status" -eq 0 ] || useless
sed -n 's/^set \([0-9]*\) .*/\1/p' "$work/lines" | sort -nu >"$work/rounds"
while read -r round; do
    sed -n "s/^set $round //p" "$work/lines" >"$work/round"
    write
    try
    # Values are only looked at when every name is known.
    sed -n 's/.*unrecognized configuration parameter ".*" in file ".*" line \([0-9]*\)$/\1/p' "$work/said" >"$work/unknown"
    if [ -s "$work/unknown" ]; then
        sed -n "$(sed 's/$/p;/' "$work/unknown")" "$work/round" | sed 's/^\([0-9]*\) .*/unknown \1/'
        sed "$(sed 's/$/d;/' "$work/unknown")" "$work/round" >"$work/known"
        mv "$work/known" "$work/round"
        write
        try
    fi
    grep -q '^FATAL' "$work/said" || continue
    # Not every complaint names its parameter: each is tried alone.
    echo "failed $round $(grep '^FATAL' "$work/said" | sed 's/^FATAL: *//' | head -n 1)"
    while IFS=' ' read -r number line; do
        printf '%s\n' "$line" >"$work/postgresql.conf"
        try
        ! grep -q '^FATAL' "$work/said" ||
            echo "refused $number $(sed -n '/skipping missing/d; s/^LOG: *//p' "$work/said" | head -n 1)"
    done <"$work/round"
done <"$work/rounds"

# Of numbers and switches the description has no default: they are asked one by one.
"$NEW_BIN/postgres" --describe-config | awk -F '\t' '$4 == "ENUM" { print "default " $1 " " $5 }'
: >"$work/postgresql.conf"
sed -n 's/^ask //p' "$work/lines" >"$work/asked"
while IFS= read -r name; do
    if value=$("$NEW_BIN/postgres" -C "$name" -D "$work" 2>/dev/null); then
        printf 'default %s %s\n' "$name" "$value"
    fi
done <"$work/asked"
echo complete
