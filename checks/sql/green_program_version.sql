-- doing: looking for defects of green's minor release
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. The same releases as in minor_version; asked before green
--        is there, of the version that its programs have.
-- reads
SELECT 'server version' AS what,
       format('%s.%s, older than %s.%s', major, :'green_version'::int % 10000, major, minor)
           AS evidence,
       format('install %s.%s or newer on green''s host', major, minor) AS cure
  FROM (VALUES (15, 16), (16, 12), (17, 8), (18, 2)) AS fixed (major, minor)
 WHERE major = :'green_version'::int / 10000
   AND minor > :'green_version'::int % 10000;
