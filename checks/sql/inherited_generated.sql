-- doing: looking for generated columns of children only
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 12 to 15
-- reads
SELECT format('%s.%s.%s', n.nspname, c.relname, child.attname) AS what,
       format('generated here, but not in its parent %s.%s', pn.nspname, p.relname) AS evidence
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_class AS p ON p.oid = i.inhparent
  JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
  JOIN pg_attribute AS child ON child.attrelid = c.oid AND child.attgenerated <> ''
                            AND NOT child.attisdropped
  JOIN pg_attribute AS parent ON parent.attrelid = p.oid AND parent.attname = child.attname
                             AND parent.attnum > 0 AND parent.attgenerated = ''
                             AND NOT parent.attisdropped
 WHERE :'green_version'::int >= 160000
 ORDER BY n.nspname, c.relname, child.attname;
