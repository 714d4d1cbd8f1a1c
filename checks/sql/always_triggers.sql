-- doing: looking for triggers that fire during apply
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT format('%s.%s.%s', n.nspname, c.relname, t.tgname) AS what,
       format('%s, calls %s', CASE t.tgenabled WHEN 'A' THEN 'ENABLE ALWAYS'
                                               ELSE 'ENABLE REPLICA' END, p.proname) AS evidence,
       format('ALTER TABLE %I.%I %s TRIGGER %I;', n.nspname, c.relname,
              CASE t.tgenabled WHEN 'A' THEN 'ENABLE' ELSE 'DISABLE' END, t.tgname) AS cure
  FROM pg_trigger AS t
  JOIN pg_class AS c ON c.oid = t.tgrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_proc AS p ON p.oid = t.tgfoid
 WHERE t.tgenabled IN ('A', 'R') AND NOT t.tgisinternal AND n.nspname <> 'pgcutover'
   AND ((t.tgtype & 1) = 1 OR (t.tgtype & 32) <> 0) -- for each row, apply fires others at TRUNCATE only
 ORDER BY n.nspname, c.relname, t.tgname;
