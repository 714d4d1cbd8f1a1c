-- doing: looking for security labels
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT provider AS what, format('%s labels', count(*)) AS evidence
  FROM (SELECT provider FROM pg_seclabel UNION ALL SELECT provider FROM pg_shseclabel) AS label
 GROUP BY provider
 ORDER BY provider;
