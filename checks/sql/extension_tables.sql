-- doing: looking for tables of extensions
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('a table of extension %s, %s', e.extname,
              CASE WHEN c.relpages > 0 THEN format('about %s rows', greatest(c.reltuples, 0)::bigint)
                   ELSE 'of unknown size (never analyzed, or empty then)' END) AS evidence
  FROM pg_depend AS d
  JOIN pg_class AS c ON c.oid = d.objid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_extension AS e ON e.oid = d.refobjid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_extension'::regclass
   AND d.deptype = 'e' AND c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384
 ORDER BY e.extname, n.nspname, c.relname;
