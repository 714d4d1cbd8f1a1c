-- doing: looking for columns that are less strict than their parent's
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 to 17
-- reads
SELECT format('%s.%s.%s', n.nspname, c.relname, child.attname) AS what,
       format('NOT NULL in its parent %s.%s, but not here', pn.nspname, p.relname) AS evidence,
       format('ALTER TABLE %I.%I ALTER COLUMN %I SET NOT NULL;', n.nspname, c.relname,
              child.attname) AS cure
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_class AS p ON p.oid = i.inhparent
  JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
  JOIN pg_attribute AS child ON child.attrelid = c.oid AND child.attinhcount > 0
                            AND NOT child.attnotnull AND NOT child.attisdropped
  JOIN pg_attribute AS parent ON parent.attrelid = p.oid AND parent.attname = child.attname
                             AND parent.attnum > 0 AND parent.attnotnull
                             AND NOT parent.attisdropped
 WHERE :'green_version'::int >= 180000
 ORDER BY n.nspname, c.relname, child.attname;
