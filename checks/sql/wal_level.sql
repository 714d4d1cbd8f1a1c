-- doing: checking wal_level
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'wal_level' AS what, current_setting('wal_level') || ', logical is needed' AS evidence
 WHERE current_setting('wal_level') <> 'logical';
