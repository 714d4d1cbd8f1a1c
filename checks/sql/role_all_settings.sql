-- doing: looking for ALTER ROLE ALL SET
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer. Values that may hold a password, or may be anything, are
--        not told.
-- reads
SELECT split_part(entry, '=', 1) AS what,
       CASE WHEN split_part(entry, '=', 1) ~* '[.]|conninfo$|_command$' THEN 'it is set'
            ELSE entry END AS evidence
  FROM pg_db_role_setting
 CROSS JOIN unnest(setconfig) AS entry
 WHERE setdatabase = 0 AND setrole = 0
 ORDER BY entry;
