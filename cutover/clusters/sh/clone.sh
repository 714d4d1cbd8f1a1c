# doing: copying blue with pg_basebackup
# needs: OLD_BIN CLONE WORK RUN CONNINFO (key=value words, no password: that is in WORK/blue.pgpass)
# prints: pg_basebackup's progress
set -eu
umask 077
OLD_BIN=$1 CLONE=$2 WORK=$3 RUN=$4 CONNINFO=$5
export LC_ALL=C
#include no_pg_variables
export PGPASSFILE="$WORK/blue.pgpass" PGCONNECT_TIMEOUT=30

#include fail
#include directories
#include claim
#include server_of

[ "$(cat "$WORK/pgcutover.run" 2>/dev/null)" = "$RUN" ] || fail "$WORK is not of run $RUN"
if [ "$(cat "$WORK/cloned" 2>/dev/null)" = "$RUN" ] && owned "$CLONE" "$WORK/owns-clone"; then
    echo "the clone is already there"
    exit 0
fi

case $CONNINFO in
    *dbname*) conninfo=$CONNINFO ;;
    *) conninfo="$CONNINFO dbname=postgres" ;;
esac
tablespaces=$("$OLD_BIN/psql" -X -w -At -v ON_ERROR_STOP=1 -d "$conninfo" -c "
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(spcname), ', ')
    FROM pg_catalog.pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')")
[ -z "$tablespaces" ] ||
    fail "blue has tablespaces ($tablespaces): their directories lie outside the data directory and the copy would need the same paths on green's host; move their contents to pg_default first"

if [ -e "$CLONE" ] || [ -h "$CLONE" ]; then
    if owned "$CLONE" "$WORK/owns-clone"; then
        ! server_of "$CLONE" >/dev/null || fail "a server still runs in $CLONE"
        echo "removing the half-done clone of an earlier attempt"
        rm -rf "$CLONE"
    elif [ ! -d "$CLONE" ] || [ -n "$(ls -A "$CLONE")" ]; then
        fail "$CLONE exists and was not made by this run: remove it or move it away"
    fi
fi
rm -rf "$WORK/cloned" "$WORK/recovering" "$WORK/recovered" "$WORK/history" "$WORK/isolated" \
    "$WORK/upgraded" "$WORK/blue.files"
claim "$CLONE" "$WORK/owns-clone"

# --no-slot: the logical slot, made before, already keeps the WAL from here on.
"$OLD_BIN/pg_basebackup" -D "$CLONE" -X stream --checkpoint=fast --no-slot --no-password --progress \
    --label="pgcutover $RUN" -d "$CONNINFO"

# What blue keeps inside its data directory is for people and for `prepare` to read, never for the clone.
mkdir "$WORK/blue.files"
for file in postgresql.conf postgresql.auto.conf pg_hba.conf pg_ident.conf; do
    [ ! -f "$CLONE/$file" ] || cp "$CLONE/$file" "$WORK/blue.files/$file"
done
: >"$CLONE/postgresql.auto.conf"
for file in postgresql.conf pg_hba.conf pg_ident.conf standby.signal recovery.signal recovery.conf recovery.done; do rm -f "$CLONE/$file"; done

[ -n "$(cat "$CLONE/PG_VERSION" 2>/dev/null)" ] || fail "pg_basebackup ended well, but $CLONE has no PG_VERSION"
major=$("$OLD_BIN/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
[ "$(cat "$CLONE/PG_VERSION")" = "$major" ] ||
    fail "blue is PostgreSQL $(cat "$CLONE/PG_VERSION"), but old_bin_directory holds $major"
[ -z "$(ls -A "$CLONE/pg_tblspc")" ] || fail "the clone has tablespaces outside its directory"

sync "$CLONE/postgresql.auto.conf" "$CLONE"
echo "$RUN" >"$WORK/cloned.new"
sync "$WORK/cloned.new"
mv -f "$WORK/cloned.new" "$WORK/cloned"
sync "$WORK"
