-- doing: looking for tables that were never analyzed
-- returns: a row a table whose rows the planner guesses: name
-- needs: superuser; PostgreSQL 14 and newer, which say -1 of a table that was never looked at. VACUUM
--        alone counts rows, and leaves no statistics of columns.
-- reads
SELECT n.nspname || '.' || c.relname AS name
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid >= 16384
   AND c.relkind IN ('r', 'm', 'f')
   AND n.nspname !~ '^(pg_|information_schema$)'
   AND n.nspname <> 'pgcutover'
   AND (c.reltuples < 0
        OR c.reltuples > 0
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_statistic AS s WHERE s.starelid = c.oid))
 ORDER BY (n.nspname || '.' || c.relname)::text COLLATE "C"
