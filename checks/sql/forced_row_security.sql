-- doing: looking for forced row security
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. Changes are applied to partitions, whose own row security
--        counts, never to their parent.
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       'row security is forced upon its owner ' || pg_get_userbyid(c.relowner) AS evidence,
       format('ALTER TABLE %I.%I NO FORCE ROW LEVEL SECURITY;', n.nspname, c.relname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_roles AS r ON r.oid = c.relowner
 WHERE c.relkind = 'r' AND c.relpersistence = 'p'
   AND c.relrowsecurity AND c.relforcerowsecurity
   AND NOT r.rolsuper AND NOT r.rolbypassrls
   AND (:'green_version'::int = 0 OR :'green_version'::int >= 160000)
 ORDER BY n.nspname, c.relname;
