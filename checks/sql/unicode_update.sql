-- doing: looking for expressions that depend on the release of Unicode
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 13 and newer. Those of pg_upgrade 18: functions of case and patterns where the
--        collation is of the builtin provider (100: the database's own), and normal forms anywhere.
-- reads
WITH builtin (coll) AS (
    SELECT oid FROM pg_collation AS c
     WHERE collprovider = 'b' AND to_jsonb(c) ->> 'colllocale' <> 'C'
    UNION ALL
    SELECT 100::oid FROM pg_database AS d
     WHERE datname = current_database() AND to_jsonb(d) ->> 'datlocprovider' = 'b'
       AND to_jsonb(d) ->> 'datlocale' <> 'C'
), pattern AS (
    SELECT ':(op)?funcid (' ||
               (SELECT string_agg(oid::text, '|') FROM pg_proc
                 WHERE pronamespace = 'pg_catalog'::regnamespace
                   AND (proname ~ '^(lower|upper|initcap|casefold|regexp_.*)$'
                        OR proname ~ '^(bpchar|name|text)((ic)?regex(eq|ne)|icn?like)$'))
               || ') [^{}]*:inputcollid (' || string_agg(coll::text, '|') || ')[ }]' AS cases,
           ':(op)?funcid (' ||
               (SELECT string_agg(oid::text, '|') FROM pg_proc
                 WHERE pronamespace = 'pg_catalog'::regnamespace
                   AND proname IN ('normalize', 'is_normalized', 'unicode_assigned'))
               || ') ' AS forms
      FROM builtin
), used AS (
    SELECT i.indrelid AS relid, 'index ' || ic.relname AS object,
           concat(i.indexprs::text, i.indpred::text) AS tree
      FROM pg_index AS i
      JOIN pg_class AS ic ON ic.oid = i.indexrelid
     WHERE i.indexrelid >= 16384 AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
    UNION ALL
    SELECT conrelid, 'constraint ' || conname, conbin::text
      FROM pg_constraint
     WHERE contype = 'c' AND conrelid >= 16384
    UNION ALL
    SELECT p.partrelid, 'partitions', p.partexprs::text
      FROM pg_partitioned_table AS p
     WHERE p.partexprs IS NOT NULL
    UNION ALL
    SELECT e.adrelid, 'column ' || a.attname, e.adbin::text
      FROM pg_attrdef AS e
      JOIN pg_attribute AS a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
     WHERE a.attgenerated <> ''
)
SELECT n.nspname || '.' || c.relname AS what, u.object AS evidence
  FROM used AS u
  JOIN pattern AS p ON u.tree ~ p.cases OR u.tree ~ p.forms
  JOIN pg_class AS c ON c.oid = u.relid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE :'green_version'::int >= 180000 AND getdatabaseencoding() = 'UTF8'
 ORDER BY n.nspname, c.relname, u.object;
