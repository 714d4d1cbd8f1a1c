-- doing: looking for tablespaces
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT spcname AS what, 'at ' || pg_tablespace_location(oid) AS evidence
  FROM pg_tablespace
 WHERE spcname NOT IN ('pg_default', 'pg_global')
 ORDER BY spcname;
