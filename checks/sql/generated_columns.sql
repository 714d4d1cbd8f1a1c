-- doing: looking for generated columns that call functions of users
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 12 and newer
-- reads
SELECT DISTINCT format('%s.%s.%s', n.nspname, c.relname, a.attname) AS what,
       format('computed by %s.%s, declared %s', pn.nspname, p.proname,
              CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable'
                                 ELSE 'volatile' END) AS evidence
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
  JOIN pg_depend AS d ON d.refclassid = 'pg_proc'::regclass
                     AND (d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
                          OR d.classid = 'pg_class'::regclass AND d.objid = a.attrelid
                             AND d.objsubid = a.attnum)
  JOIN pg_proc AS p ON p.oid = d.refobjid AND p.oid >= 16384
  JOIN pg_namespace AS pn ON pn.oid = p.pronamespace
 WHERE a.attgenerated = 's' AND NOT a.attisdropped
   AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
   AND NOT EXISTS (SELECT FROM pg_depend AS member
                    WHERE member.classid = 'pg_proc'::regclass AND member.objid = p.oid
                      AND member.deptype = 'e')
 ORDER BY 1, 2;
