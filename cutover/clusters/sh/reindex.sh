# doing: building indexes of green anew that its host sorts differently
# needs: NEW_BIN WORK HOST(socket directory or address) PORT SUPERUSER PROVIDERS(c: libc, i: ICU, ci: both);
#        a password in WORK/green.pgpass
# prints: a line per database
#
# More than need it, never fewer: an expression or a condition may compare by itself. What an index is ordered by
# says nothing of that.
set -eu
NEW_BIN=$1 WORK=$2 HOST=$3 PORT=$4 SUPERUSER=$5 PROVIDERS=$6
export LC_ALL=C
#include no_pg_variables
#include green_client

#include fail

ask() { # DATABASE [OPTIONS of psql]
    escaped=$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")
    shift
    "$NEW_BIN/psql" -X -q -w -At -v ON_ERROR_STOP=1 -v providers="$PROVIDERS" -h "$HOST" -p "$PORT" \
        -U "$SUPERUSER" -d "dbname='$escaped'" "$@"
}

reindex() { # DATABASE PART: every so many-th index, by its OID, which stays
    ask "$1" -v part="$2" -v parts="$parts" <<'END'
SET search_path = pg_catalog;
SELECT format('REINDEX INDEX %I.%I', due.nspname, due.relname)
  FROM (SELECT n.nspname, r.relname, row_number() OVER (ORDER BY r.oid) AS place
          FROM pg_index AS i
          JOIN pg_class AS r ON r.oid = i.indexrelid
          JOIN pg_namespace AS n ON n.oid = r.relnamespace
          JOIN pg_database AS d ON d.datname = current_database()
         WHERE r.relkind = 'i' AND r.relpersistence <> 't' AND r.oid >= 16384
           AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
           AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
                OR EXISTS (SELECT FROM unnest(i.indcollation::oid[]) AS key (oid)
                             JOIN pg_collation AS c ON c.oid = key.oid
                            WHERE strpos(:'providers', CASE WHEN c.collprovider = 'd'
                                         THEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
                                         ELSE c.collprovider::text END) > 0))) AS due
 WHERE due.place % :parts = :part
 ORDER BY due.place
\gexec
END
}

refresh() { # DATABASE: the versions that the server keeps, now that they are true
    ask "$1" <<'END'
SET search_path = pg_catalog;
SELECT format('ALTER COLLATION %I.%I REFRESH VERSION', n.nspname, c.collname)
  FROM pg_collation AS c
  JOIN pg_namespace AS n ON n.oid = c.collnamespace
 WHERE c.collversion <> pg_collation_actual_version(c.oid)
   AND strpos(:'providers', c.collprovider::text) > 0
\gexec
SELECT format('ALTER DATABASE %I REFRESH COLLATION VERSION', d.datname)
  FROM pg_database AS d
 WHERE d.datname = current_database()
   AND to_jsonb(d) ->> 'datcollversion' <> pg_collation_actual_version(100)
   AND strpos(:'providers', to_jsonb(d) ->> 'datlocprovider') > 0
\gexec
END
}

parts=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
[ "$parts" -le 8 ] || parts=8
count=$(ask postgres -c "SELECT count(*) FROM pg_catalog.pg_database WHERE datallowconn")
case $count in '' | 0 | *[!0-9]*) fail "green did not tell its databases: $count" ;; esac
database=0
while [ "$database" -lt "$count" ]; do
    name=$(ask postgres -c "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn ORDER BY oid OFFSET $database LIMIT 1")
    [ -n "$name" ] || fail "green did not tell its database number $database"
    part=0 pids= failed=
    while [ "$part" -lt "$parts" ]; do
        reindex "$name" "$part" &
        pids="$pids $!"
        part=$((part + 1))
    done
    for pid in $pids; do wait "$pid" || failed=yes; done
    [ -z "$failed" ] || fail "an index of database $name could not be built anew"
    refresh "$name"
    printf 'reindexed %s\n' "$name"
    database=$((database + 1))
done
