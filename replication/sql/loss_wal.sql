-- doing: measuring what was written since the switch
-- returns: one row: bytes of WAL since the position of marker 3, "open N at L"; NULL: it holds none
-- needs: superuser; PostgreSQL 10 and newer; the marker tables
-- reads
SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(),
                       (SELECT substring(value FROM '^open [0-9]+ at ([0-9A-F]+/[0-9A-F]+)$')::pg_lsn
                          FROM pgcutover.marker WHERE id = 3))::bigint AS bytes
