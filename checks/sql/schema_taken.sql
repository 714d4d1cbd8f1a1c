-- doing: looking for a schema with our name
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT nspname AS what,
       format('a schema of %s with %s relations', pg_get_userbyid(nspowner),
              (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid)) AS evidence,
       format('DROP SCHEMA %I CASCADE;', nspname) AS cure
  FROM pg_namespace AS n
 WHERE nspname = 'pgcutover' AND NOT :'run_known'::boolean;
