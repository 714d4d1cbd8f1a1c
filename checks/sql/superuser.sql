-- doing: checking that we are a superuser
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT rolname AS what, 'not a superuser' AS evidence
  FROM pg_roles
 WHERE rolname = current_user AND NOT rolsuper;
