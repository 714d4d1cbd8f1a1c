-- doing: checking synchronous_standby_names
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'synchronous_standby_names' AS what, current_setting('synchronous_standby_names') AS evidence
 WHERE current_setting('synchronous_standby_names') <> '';
