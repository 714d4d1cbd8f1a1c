-- doing: looking for template databases of users
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT datname AS what, 'a template: as of the clone on green' AS evidence
  FROM pg_database
 WHERE datistemplate AND datconnlimit <> -2 AND datname NOT IN ('template0', 'template1')
 ORDER BY datname;
