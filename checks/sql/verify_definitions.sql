-- doing: comparing expressions that the servers put into words
-- returns: a row each: kind (default, generated, constraint, index, view, policy, trigger, domain
--          default, domain constraint), name, definition, as the server words it
-- needs: superuser; PostgreSQL 10 and newer. Majors word the same expression differently: I.10.
-- reads
WITH named AS (
    SELECT c.oid, c.relkind, format('%s.%s', n.nspname, c.relname) AS name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid >= 16384 AND n.nspname NOT IN ('pgcutover', 'pg_toast')
       AND n.nspname !~ '^pg_(toast_)?temp_[0-9]+$'
       AND NOT EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.objsubid = 0 AND d.deptype = 'e')
)
SELECT CASE WHEN a.attgenerated = '' THEN 'default' ELSE 'generated' END AS kind,
       format('%s.%s', named.name, a.attname) AS name,
       coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS definition
  FROM pg_attrdef AS d
  JOIN named ON named.oid = d.adrelid
  JOIN (SELECT found.*
          FROM (VALUES (CAST('' AS "char"))) AS missing (attgenerated),
               LATERAL (SELECT attrelid, attnum, attname, attgenerated
                          FROM pg_attribute) AS found) AS a
    ON a.attrelid = d.adrelid AND a.attnum = d.adnum
UNION ALL
SELECT 'domain default', format('%s.%s', n.nspname, t.typname), t.typdefault
  FROM pg_type AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
 WHERE t.oid >= 16384 AND t.typtype = 'd' AND t.typdefault IS NOT NULL
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcutover')
UNION ALL
SELECT 'constraint', format('%s of %s', c.conname, named.name), pg_get_constraintdef(c.oid)
  FROM pg_constraint AS c
  JOIN named ON named.oid = c.conrelid
 WHERE c.contype IN ('c', 'f', 'x') AND coalesce(to_jsonb(c) ->> 'conparentid', '0') = '0'
UNION ALL
SELECT 'domain constraint', format('%s of %s.%s', c.conname, n.nspname, t.typname),
       pg_get_constraintdef(c.oid)
  FROM pg_constraint AS c
  JOIN pg_type AS t ON t.oid = c.contypid
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
 WHERE t.oid >= 16384 AND c.contype = 'c'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcutover')
UNION ALL
SELECT 'index', named.name, pg_get_indexdef(i.indexrelid)
  FROM pg_index AS i
  JOIN named ON named.oid = i.indexrelid
 WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
UNION ALL
SELECT 'view', named.name, pg_get_viewdef(named.oid) FROM named WHERE relkind IN ('v', 'm')
UNION ALL
SELECT 'trigger', format('%s of %s', t.tgname, named.name), pg_get_triggerdef(t.oid)
  FROM pg_trigger AS t
  JOIN named ON named.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'
UNION ALL
SELECT 'policy', format('%s of %s', p.polname, named.name),
       concat_ws(' / ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy AS p
  JOIN named ON named.oid = p.polrelid
