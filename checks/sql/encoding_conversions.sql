-- doing: looking for encoding conversions of users
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 to 13
-- reads
SELECT n.nspname || '.' || c.conname AS what,
       format('from %s to %s', pg_encoding_to_char(c.conforencoding),
              pg_encoding_to_char(c.contoencoding)) AS evidence,
       format('DROP CONVERSION %I.%I;', n.nspname, c.conname) AS cure
  FROM pg_conversion AS c
  JOIN pg_namespace AS n ON n.oid = c.connamespace
 WHERE c.oid >= 16384 AND :'green_version'::int >= 140000
 ORDER BY n.nspname, c.conname;
