-- doing: looking for sessions of Patroni
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT 'Patroni' AS what,
       format('%s sessions, e.g. "%s"', count(*), min(application_name)) AS evidence
  FROM pg_stat_activity
 WHERE application_name ~* '^patroni'
HAVING count(*) > 0;
