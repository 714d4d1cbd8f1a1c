-- doing: listing collations of databases
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT datname AS what, collation_of AS evidence
  FROM (VALUES (CAST('c' AS "char"), NULL::text)) AS missing (datlocprovider, datcollversion),
       LATERAL (SELECT datname,
                       format('%s %s%s, %s',
                              CASE datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'
                                                  ELSE 'libc' END,
                              datcollate, coalesce(' version ' || datcollversion, ''),
                              pg_encoding_to_char(encoding)) AS collation_of,
                       datlocprovider = 'i' OR datcollversion IS NOT NULL
                       OR datcollate NOT IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') AS may_change
                  FROM pg_database
                 WHERE datallowconn) AS database
 WHERE may_change
 ORDER BY datname;
