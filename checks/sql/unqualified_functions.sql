-- doing: looking for functions that depend on search_path
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. Functions of extensions count as well: those in C, with a
--        search_path or a parsed body rely on none, the others do. An operator stands for its function.
-- reads
WITH used AS (
    SELECT classid, objid, objsubid, refobjid AS function
      FROM pg_depend
     WHERE refclassid = 'pg_proc'::regclass
    UNION
    SELECT d.classid, d.objid, d.objsubid, o.oprcode::oid
      FROM pg_depend AS d
      JOIN pg_operator AS o ON o.oid = d.refobjid
     WHERE d.refclassid = 'pg_operator'::regclass
), caller AS (
    SELECT coalesce(n.nspname || '.' || c.relname, tn.nspname || '.' || t.typname) AS what,
           'CHECK constraint ' || k.conname AS kind, d.function
      FROM pg_constraint AS k
      JOIN used AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
      LEFT JOIN pg_class AS c ON c.oid = k.conrelid
      LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
      LEFT JOIN pg_type AS t ON t.oid = k.contypid
      LEFT JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
     WHERE k.contype = 'c'
       AND NOT EXISTS (SELECT FROM pg_depend AS e  -- a domain of an extension
                        WHERE e.classid = 'pg_type'::regclass AND e.objid = k.contypid
                          AND e.deptype = 'e')
    UNION ALL
    SELECT n.nspname || '.' || c.relname, 'index ' || ic.relname, d.function
      FROM pg_index AS i
      JOIN pg_class AS c ON c.oid = i.indrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_class AS ic ON ic.oid = i.indexrelid
      JOIN used AS d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
    UNION ALL
    SELECT n.nspname || '.' || c.relname, 'generated column ' || g.attname, d.function
      FROM (SELECT attrelid, attnum, attname
              FROM (VALUES (CAST('' AS "char"))) AS missing (attgenerated),
                   LATERAL (SELECT attrelid, attnum, attname
                              FROM pg_attribute
                             WHERE attgenerated <> '' AND NOT attisdropped) AS found) AS g
      JOIN pg_class AS c ON c.oid = g.attrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_attrdef AS e ON e.adrelid = g.attrelid AND e.adnum = g.attnum
      JOIN used AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
                     OR d.classid = 'pg_class'::regclass AND d.objid = g.attrelid
                        AND d.objsubid = g.attnum
    UNION ALL
    SELECT n.nspname || '.' || c.relname, 'partition key', d.function
      FROM pg_partitioned_table AS p
      JOIN pg_class AS c ON c.oid = p.partrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN used AS d ON d.classid = 'pg_class'::regclass AND d.objid = p.partrelid
                    AND d.objsubid = 0
    UNION ALL
    SELECT n.nspname || '.' || c.relname, 'trigger ' || g.tgname, g.tgfoid
      FROM pg_trigger AS g
      JOIN pg_class AS c ON c.oid = g.tgrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE g.tgenabled IN ('A', 'R') AND NOT g.tgisinternal
), body AS (
    SELECT oid, pronamespace, proname
      FROM (VALUES (NULL::text)) AS missing (prosqlbody),
           LATERAL (SELECT p.oid, pronamespace, proname
                      FROM pg_proc AS p
                      JOIN pg_language AS l ON l.oid = p.prolang
                     WHERE p.oid >= 16384 AND prosqlbody IS NULL
                       AND l.lanname NOT IN ('c', 'internal')
                       AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting
                                        WHERE setting LIKE 'search_path=%')) AS found
)
SELECT DISTINCT caller.what,
       format('%s calls %s.%s, which sets no search_path', caller.kind, n.nspname, b.proname)
           AS evidence,
       format('ALTER FUNCTION %I.%I SET search_path = ...;', n.nspname, b.proname) AS cure
  FROM caller
  JOIN body AS b ON b.oid = caller.function
  JOIN pg_namespace AS n ON n.oid = b.pronamespace
 WHERE caller.what NOT LIKE 'pgcutover.%'
 ORDER BY 1, 2;
