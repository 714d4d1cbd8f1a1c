-- doing: looking for invalid indexes
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer; from 12 on a server tells of which table any are being
--        built. A cure that is not CONCURRENTLY would lock out who writes the table.
-- reads
SELECT n.nspname || '.' || ic.relname AS what,
       format('%s on %s', CASE WHEN i.indisready THEN 'not valid' ELSE 'not ready' END, c.relname)
           AS evidence,
       CASE WHEN ic.relname ~ '_cc(new|old)[0-9]*$'
            THEN format('DROP INDEX CONCURRENTLY %I.%I; a REINDEX has left it behind',
                        n.nspname, ic.relname)
            WHEN current_setting('server_version_num')::int < 120000
            THEN format('DROP INDEX CONCURRENTLY %I.%I; and make it again by CREATE INDEX '
                        'CONCURRENTLY', n.nspname, ic.relname)
            ELSE format('REINDEX INDEX CONCURRENTLY %I.%I; or DROP INDEX CONCURRENTLY',
                        n.nspname, ic.relname) END AS cure
  FROM pg_index AS i
  JOIN pg_class AS ic ON ic.oid = i.indexrelid
  JOIN pg_class AS c ON c.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = ic.relnamespace
 WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND ic.relkind = 'i'
   AND NOT EXISTS (
       SELECT FROM pg_stat_get_progress_info(
                       CASE WHEN current_setting('server_version_num')::int >= 120000
                            THEN 'CREATE INDEX' ELSE 'VACUUM' END) AS p
         JOIN pg_database AS d ON d.oid = p.datid
        WHERE d.datname = current_database() AND p.relid = i.indrelid
          AND current_setting('server_version_num')::int >= 120000)
 ORDER BY n.nspname, ic.relname;
