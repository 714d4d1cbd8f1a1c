-- doing: comparing collation versions with the operating system's
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer, for databases' defaults 15 and newer
-- reads
SELECT d.datname AS what,
       format('built with version %s, the system has %s', d.datcollversion,
              coalesce(d.actual, 'no such collation')) AS evidence,
       format('REINDEX DATABASE CONCURRENTLY %1$I; then REINDEX INDEX what it skips, those of '
              'exclusion constraints; and only when all of it has succeeded ALTER DATABASE %1$I '
              'REFRESH COLLATION VERSION', d.datname) AS cure
  FROM (SELECT found.*
          FROM (VALUES (NULL::text)) AS missing (datcollversion),
               LATERAL (SELECT datname, datcollversion,
                               pg_collation_actual_version('100') AS actual
                          FROM pg_database
                         WHERE datname = current_database()) AS found) AS d
 WHERE d.datcollversion IS NOT NULL AND d.datcollversion IS DISTINCT FROM d.actual
UNION ALL
SELECT n.nspname || '.' || c.collname,
       format('built with version %s, the system has %s', c.collversion,
              coalesce(pg_collation_actual_version(c.oid), 'no such collation')),
       format('REINDEX what uses it; and only when that has succeeded ALTER COLLATION %I.%I '
              'REFRESH VERSION',
              n.nspname, c.collname)
  FROM pg_collation AS c
  JOIN pg_namespace AS n ON n.oid = c.collnamespace
 WHERE c.collversion IS NOT NULL
   AND c.oid IN (SELECT refobjid FROM pg_depend WHERE refclassid = 'pg_collation'::regclass
                 UNION
                 SELECT attcollation FROM pg_attribute WHERE attrelid >= 16384)
   AND c.collversion IS DISTINCT FROM pg_collation_actual_version(c.oid);
