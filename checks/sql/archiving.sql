-- doing: checking archive_mode
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'archive_mode' AS what, current_setting('archive_mode') AS evidence
 WHERE current_setting('archive_mode') <> 'off';
