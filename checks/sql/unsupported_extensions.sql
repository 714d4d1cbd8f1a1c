-- doing: looking for extensions that spread tables by DDL of their own
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT extname AS what, 'version ' || extversion AS evidence
  FROM pg_extension
 WHERE extname IN ('timescaledb', 'citus', 'citus_columnar')
 ORDER BY extname;
