-- doing: looking for foreign tables
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('on server %s (%s)', s.srvname, w.fdwname) AS evidence
  FROM pg_foreign_table AS f
  JOIN pg_class AS c ON c.oid = f.ftrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_foreign_server AS s ON s.oid = f.ftserver
  JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
 ORDER BY n.nspname, c.relname;
