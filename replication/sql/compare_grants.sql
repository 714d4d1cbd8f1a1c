-- doing: comparing privileges in a database
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer. What initdb and extensions granted is left out, for it
--        differs between majors; of schema public, whose owner changed in 15, everything is compared.
-- reads
WITH object (classid, objid, objsubid, kind, name, owner, acl, initial) AS (
    SELECT 'pg_class'::regclass::oid, c.oid, 0,
           CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END,
           n.nspname || '.' || c.relname, c.relowner, c.relacl,
           acldefault(CASE c.relkind WHEN 'S' THEN CAST('s' AS "char") ELSE 'r' END, c.relowner)
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, a.attnum, 'column',
           n.nspname || '.' || c.relname || '.' || a.attname, c.relowner, a.attacl, '{}'
      FROM pg_attribute AS a
      JOIN pg_class AS c ON c.oid = a.attrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT 'pg_namespace'::regclass, n.oid, 0, 'schema', n.nspname, n.nspowner, n.nspacl,
           acldefault('n', n.nspowner)
      FROM pg_namespace AS n
    UNION ALL
    SELECT 'pg_proc'::regclass, p.oid, 0, 'function',
           format('%s.%s(%s)', n.nspname, p.proname,
                  (SELECT string_agg(tn.nspname || '.' || coalesce(e.typname || '[]', t.typname),
                                     ', ' ORDER BY argument.place)
                     FROM unnest(p.proargtypes) WITH ORDINALITY AS argument (typid, place)
                     JOIN pg_type AS t ON t.oid = argument.typid
                     JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
                     LEFT JOIN pg_type AS e ON e.typarray = t.oid)),
           p.proowner, p.proacl, acldefault('f', p.proowner)
      FROM pg_proc AS p
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
     WHERE (p.oid >= 16384 OR p.proacl IS NOT NULL)
       AND NOT EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.deptype = 'i')
    UNION ALL
    SELECT 'pg_type'::regclass, t.oid, 0, 'type', n.nspname || '.' || t.typname, t.typowner,
           t.typacl, acldefault('T', t.typowner)
      FROM pg_type AS t
      JOIN pg_namespace AS n ON n.oid = t.typnamespace
     WHERE t.typacl IS NOT NULL
    UNION ALL
    SELECT 'pg_language'::regclass, l.oid, 0, 'language', l.lanname, l.lanowner, l.lanacl,
           acldefault('l', l.lanowner)
      FROM pg_language AS l
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass, w.oid, 0, 'foreign-data wrapper', w.fdwname,
           w.fdwowner, w.fdwacl, acldefault('F', w.fdwowner)
      FROM pg_foreign_data_wrapper AS w
    UNION ALL
    SELECT 'pg_foreign_server'::regclass, s.oid, 0, 'foreign server', s.srvname, s.srvowner,
           s.srvacl, acldefault('S', s.srvowner)
      FROM pg_foreign_server AS s
    UNION ALL
    SELECT 'pg_largeobject'::regclass, l.oid, 0, 'large object', l.oid::text, l.lomowner,
           l.lomacl, acldefault('L', l.lomowner)
      FROM pg_largeobject_metadata AS l
     WHERE l.lomacl IS NOT NULL
), known AS (
    SELECT o.kind, o.name, o.objsubid, o.owner, coalesce(o.acl, o.initial) AS acl,
           CASE WHEN o.kind = 'schema' AND o.name = 'public' THEN NULL
                WHEN i.objoid IS NOT NULL THEN i.initprivs
                WHEN member.objid IS NOT NULL THEN o.initial
                WHEN o.objid < 16384 AND o.kind <> 'large object' THEN o.initial END AS ignored
      FROM object AS o
      LEFT JOIN pg_init_privs AS i ON i.classoid = o.classid AND i.objoid = o.objid
                                  AND i.objsubid = o.objsubid
      LEFT JOIN pg_depend AS member ON member.classid = o.classid AND member.objid = o.objid
                                   AND member.objsubid = 0 AND member.deptype = 'e'
     WHERE o.name !~ '^(pgcutover|information_schema|pg_toast|pg_(toast_)?temp_[0-9]+)([.]|$)'
), named (item, grantee, is_grantable, privilege_type, change) AS (
    SELECT k.kind || ' ' || k.name, g.grantee, g.is_grantable, g.privilege_type,
           CASE WHEN k.ignored IS NULL THEN '' ELSE ' added' END
      FROM known AS k
     CROSS JOIN aclexplode(k.acl) AS g
     WHERE NOT EXISTS (SELECT FROM aclexplode(k.ignored) AS same
                        WHERE same.grantee = g.grantee AND same.is_grantable = g.is_grantable
                          AND same.privilege_type = g.privilege_type)
    UNION ALL
    SELECT k.kind || ' ' || k.name, g.grantee, g.is_grantable, g.privilege_type, ' taken away'
      FROM known AS k
     CROSS JOIN aclexplode(k.ignored) AS g
     WHERE NOT EXISTS (SELECT FROM aclexplode(k.acl) AS same
                        WHERE same.grantee = g.grantee AND same.is_grantable = g.is_grantable
                          AND same.privilege_type = g.privilege_type)
    UNION ALL
    SELECT format('default privileges of %s in %s on %s', owner.rolname,
                  coalesce('schema ' || n.nspname, 'all schemas'), a.defaclobjtype),
           g.grantee, g.is_grantable, g.privilege_type, ''
      FROM pg_default_acl AS a
      JOIN pg_roles AS owner ON owner.oid = a.defaclrole
      LEFT JOIN pg_namespace AS n ON n.oid = a.defaclnamespace
     CROSS JOIN aclexplode(a.defaclacl) AS g
    UNION ALL
    SELECT k.kind || ' ' || k.name, k.owner, false, 'owned', ''
      FROM known AS k
     WHERE k.ignored IS NULL AND k.objsubid = 0
)
SELECT format('%s, %s to %s%s%s', named.item, named.privilege_type,
              coalesce(grantee.rolname, 'PUBLIC'),
              CASE WHEN named.is_grantable THEN ' with grant option' ELSE '' END, named.change)
           AS item
  FROM named
  LEFT JOIN pg_roles AS grantee ON grantee.oid = named.grantee
 WHERE named.privilege_type <> 'MAINTAIN';
