-- doing: listing extensions
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT extname AS what, extversion AS evidence
  FROM pg_extension
 ORDER BY extname;
