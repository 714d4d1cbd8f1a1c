-- doing: checking that the server is a primary
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'pg_is_in_recovery()' AS what, 'true, the server is a standby' AS evidence
 WHERE pg_is_in_recovery();
