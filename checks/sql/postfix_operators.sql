-- doing: looking for postfix operators
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 to 13
-- reads
SELECT n.nspname || '.' || o.oprname AS what,
       format('a postfix operator of %s', o.oprleft::regtype) AS evidence,
       format('DROP OPERATOR %I.%s (%s, NONE);', n.nspname, o.oprname, o.oprleft::regtype) AS cure
  FROM pg_operator AS o
  JOIN pg_namespace AS n ON n.oid = o.oprnamespace
 WHERE o.oprright = 0 AND o.oid >= 16384 AND :'green_version'::int >= 140000
 ORDER BY n.nspname, o.oprname;
