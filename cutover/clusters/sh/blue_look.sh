# doing: looking whether that is blue's data directory
# needs: DATA REPORTED (as blue named it) RUN SYSTEM TIMELINE START (of the server that answers as blue:
#        its pid and when it began; empty: none answers) SILENCE (why none does)
#        PLACE (where the directory was when it was seen; empty: it never was)
# prints: directory=IDENTITY, place=PLACE, state=running, stopped, deleting, empty or gone; stays=LINK for
#         what links lead to
# exits: 3 when it may not be deleted; with anything else nobody knows
# reads
set -eu
DATA=$1 REPORTED=$2 RUN=$3 SYSTEM=$4 TIMELINE=$5 START=$6 SILENCE=$7 PLACE=$8
export LC_ALL=C

fail() { printf '%s\n' "$*" >&2; exit 3; }

identity_of() { stat -c '%i.%W' "$1"; } # a directory made again under the same name is another one

place_of() { # DIRECTORY, there or not: on which host, in which directory, and its name
    real=$(readlink -f "$1") && parent=$(identity_of "$(dirname "$real")") && echo "$(uname -n) $parent $real"
}

#include server_of

control() { "$BIN/pg_controldata" "$DATA" | sed -n "s/^$1: *//p"; }

while :; do # with a slash behind it a link would be what it leads to
    case $DATA in ?*/ | ?*/.) DATA=${DATA%/*} ;; *) break ;; esac
done
case $DATA in /?*) ;; *) fail "$DATA is no absolute path" ;; esac
if [ ! -e "$DATA" ] && [ ! -h "$DATA" ]; then
    [ -z "$START" ] ||
        fail "blue answers, but $DATA is not there here: wrong directory, or [blue] run leads to another host"
    [ -n "$PLACE" ] || fail "there is no data directory: $DATA"
    [ -x "$(dirname "$DATA")" ] && [ "$(place_of "$DATA")" = "$PLACE" ] ||
        fail "$DATA is not there, and that is not where blue's data directory was seen: $PLACE;" \
            "wrong directory, not mounted, or [blue] run leads to another host"
    echo state=gone
    exit 0
fi
[ -d "$DATA" ] && [ ! -h "$DATA" ] || fail "$DATA is not a directory itself: name the one that it leads to"
identity=$(identity_of "$DATA")
place=$(place_of "$DATA")
echo "directory=$identity"
echo "place=$place"
real=$(readlink -f "$DATA")
while read -r _ _ _ _ point _; do
    point=$(printf '%b' "$point")
    case $point in "$real"/*) fail "something is mounted beneath $DATA: $point" ;; esac
done </proc/self/mountinfo
if [ -r "$DATA/pgcutover.deleting" ] && [ "$(cat "$DATA/pgcutover.deleting")" = "$RUN
$identity" ]; then
    [ -z "$START" ] || fail "blue answers, but the deletion of $DATA has begun: it was started again," \
        "or [blue] run leads to another host"
    echo state=deleting
    exit 0
fi
if entries=$(ls -A "$DATA") && [ -z "$entries" ]; then
    [ -z "$START" ] ||
        fail "blue answers, but $DATA is empty here: wrong directory, or [blue] run leads to another host"
    echo state=empty
    exit 0
fi
[ -f "$DATA/PG_VERSION" ] && [ -f "$DATA/global/pg_control" ] || fail "$DATA is no data directory of a server"
[ "$DATA" -ef "$REPORTED" ] || fail "$DATA is not the directory that blue named as its own: $REPORTED"
read -r line <"$DATA/postmaster.opts" || fail "$DATA/postmaster.opts cannot be read"
BIN=$(dirname "${line%% \"*}")
[ -x "$BIN/pg_controldata" ] && [ -x "$BIN/pg_ctl" ] || fail "$BIN, from $DATA/postmaster.opts, has no pg_controldata and pg_ctl"
[ "$(control 'Database system identifier')" = "$SYSTEM" ] ||
    fail "$DATA is of another cluster: its system identifier is not $SYSTEM"
[ "$(control "Latest checkpoint's TimeLineID")" = "$TIMELINE" ] && [ ! -e "$DATA/standby.signal" ] &&
    [ ! -e "$DATA/recovery.conf" ] || fail "$DATA is not blue itself: a standby, or one that was promoted"

# What lies elsewhere is never followed, and what is beneath must be blue's.
outside=
for link in "$DATA"/pg_tblspc/*; do
    [ ! -e "$link" ] && [ ! -h "$link" ] || outside="$outside $(readlink -f "$link" || echo "$link")"
done
[ -z "$outside" ] || fail "it has tablespaces outside of its data directory:$outside"
[ ! -h "$DATA/pg_wal" ] || fail "its WAL is outside of its data directory: $(readlink -f "$DATA/pg_wal")"
nested=$(find "$DATA" -ignore_readdir_race -mindepth 3 -path '*/global/pg_control' -print -quit)
[ -z "$nested" ] || fail "another cluster is beneath $DATA: ${nested%/global/pg_control}"

if server_of "$DATA" >/dev/null; then
    { read -r pid; read -r _; read -r began; } <"$DATA/postmaster.pid"
    [ -n "$START" ] ||
        fail "a server runs in $DATA, but blue does not answer ($SILENCE): nobody knows whose it is"
    [ "$pid $began" = "$START" ] || fail "the server that runs in $DATA is not the one that answers as blue"
    echo state=running
else
    [ -z "$START" ] || fail "blue answers, but no server runs in $DATA here: [blue] run leads to another host"
    state=$(control 'Database cluster state')
    [ "$state" = "shut down" ] ||
        fail "blue does not answer ($SILENCE), and the server in $DATA was not shut down properly: $state"
    echo state=stopped
fi
for entry in "$DATA"/*; do
    [ ! -h "$entry" ] || echo "stays=$(readlink -f "$entry" || echo "$entry")"
done
