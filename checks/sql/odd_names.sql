-- doing: looking for names that tools cannot pass on
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT translate(name, chr(10) || chr(13), '**') AS what,
       kind || CASE WHEN name <> translate(name, chr(10) || chr(13), '')
                    THEN ' name with a newline or carriage return'
                    ELSE ' name that reads as a connection string' END AS evidence
  FROM (SELECT 'database' AS kind, datname::text AS name FROM pg_database
        UNION ALL SELECT 'role', rolname FROM pg_roles
        UNION ALL SELECT 'tablespace', spcname FROM pg_tablespace) AS named
 WHERE name <> translate(name, chr(10) || chr(13), '')
    OR (kind = 'database' AND (name LIKE '%=%' OR name ~ '^postgres(ql)?[:]//'))
 ORDER BY kind, name;
