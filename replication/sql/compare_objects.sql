-- doing: comparing constraints, triggers, policies, enumerations and functions
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer. By name and kind, never by text that a server made from
--        its catalogs: that differs between majors (I.10). What a partition has from its parent is
--        made anew by each major, and left out.
-- reads
WITH named AS (
    SELECT c.oid, n.nspname || '.' || c.relname AS name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcutover')
       AND n.nspname !~ '^pg_(toast_)?temp_[0-9]+$'
       AND NOT EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.objsubid = 0 AND d.deptype = 'e')
)
SELECT format('constraint %s of %s, kind %s%s', c.conname, named.name, c.contype,
              CASE WHEN c.convalidated THEN '' ELSE ', not valid' END) AS item
  FROM pg_constraint AS c
  JOIN named ON named.oid = c.conrelid
 WHERE c.contype <> 'n' AND coalesce(to_jsonb(c) ->> 'conparentid', '0') = '0'
UNION ALL
SELECT format('trigger %s of %s, enabled %s', t.tgname, named.name, t.tgenabled)
  FROM pg_trigger AS t
  JOIN named ON named.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND coalesce(to_jsonb(t) ->> 'tgparentid', '0') = '0'
UNION ALL
SELECT format('policy %s of %s, for %s', p.polname, named.name, p.polcmd)
  FROM pg_policy AS p
  JOIN named ON named.oid = p.polrelid
UNION ALL
SELECT format('enumeration %s.%s: %s', n.nspname, t.typname,
              string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder))
  FROM pg_enum AS e
  JOIN pg_type AS t ON t.oid = e.enumtypid
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
 WHERE NOT EXISTS (SELECT FROM pg_depend AS d
                    WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
 GROUP BY n.nspname, t.typname
UNION ALL
SELECT format('function %s.%s(%s), body %s', n.nspname, p.proname,
              (SELECT string_agg(tn.nspname || '.' || t.typname, ', ' ORDER BY argument.place)
                 FROM unnest(p.proargtypes) WITH ORDINALITY AS argument (typid, place)
                 JOIN pg_type AS t ON t.oid = argument.typid
                 JOIN pg_namespace AS tn ON tn.oid = t.typnamespace), md5(p.prosrc))
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE p.oid >= 16384
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pgcutover')
   AND NOT EXISTS (SELECT FROM pg_depend AS d
                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                      AND d.deptype IN ('e', 'i'));
