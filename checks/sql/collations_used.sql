-- doing: looking for what is sorted by libc or ICU
-- returns: a row per provider (c, i) that something is sorted by: provider, indexes (how many),
--          index_names, tables (how many are partitioned by such values), table_names, constraints
--          (how many CHECK which of such values is larger), constraint_names, version (of libc, as the
--          server says; NULL: it does not); names are all there are, the largest index first
-- needs: any login; PostgreSQL 10 and newer, for a version 13 and newer. Hash indexes and those by
--        bytes (text_pattern_ops) do not depend on it, nor does what sorts by code points. Lists and
--        hashes compare by bytes, but for a collation that is not deterministic.
-- reads
WITH sorted AS (
    SELECT c.oid,
           CASE WHEN c.collprovider = 'd' THEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
                ELSE c.collprovider::text END AS provider,
           CASE WHEN c.collprovider = 'd' THEN d.datcollate::text
                ELSE c.collcollate::text END AS locale
      FROM pg_collation AS c, pg_database AS d
     WHERE d.datname = current_database()
), matters AS (
    SELECT oid, provider
      FROM sorted
     WHERE provider = 'i'
        OR (provider = 'c' AND locale NOT IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8'))
), loose AS (
    SELECT oid
      FROM (VALUES (true)) AS missing (collisdeterministic),
           LATERAL (SELECT oid FROM pg_collation WHERE NOT collisdeterministic) AS found
), used AS (
    SELECT DISTINCT m.provider, 'index' AS kind, n.nspname || '.' || r.relname AS name, r.relpages
      FROM pg_index AS i
     CROSS JOIN unnest(i.indcollation::oid[], i.indclass::oid[]) AS key (oid, opclass)
      JOIN matters AS m ON m.oid = key.oid
      JOIN pg_opclass AS o ON o.oid = key.opclass AND o.opcname !~ '_pattern_ops$'
      JOIN pg_class AS r ON r.oid = i.indexrelid
      JOIN pg_am AS a ON a.oid = r.relam AND a.amname <> 'hash'
      JOIN pg_namespace AS n ON n.oid = r.relnamespace
     WHERE r.relkind = 'i'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       AND n.nspname !~ '^pg_(toast|temp)'
    UNION ALL
    SELECT DISTINCT m.provider, 'table', n.nspname || '.' || r.relname, r.relpages
      FROM pg_partitioned_table AS p
     CROSS JOIN unnest(p.partcollation::oid[]) AS key (oid)
      JOIN matters AS m ON m.oid = key.oid
      JOIN pg_class AS r ON r.oid = p.partrelid
      JOIN pg_namespace AS n ON n.oid = r.relnamespace
     WHERE p.partstrat = 'r' OR m.oid IN (SELECT oid FROM loose)
    UNION ALL
    SELECT DISTINCT m.provider, 'constraint', n.nspname || '.' || r.relname || '.' || k.conname, 0
      FROM pg_constraint AS k
      JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
      JOIN matters AS m ON m.oid = a.attcollation
      JOIN pg_class AS r ON r.oid = k.conrelid
      JOIN pg_namespace AS n ON n.oid = r.relnamespace
     WHERE k.contype = 'c' AND k.conrelid >= 16384
       -- of text and bpchar, for to ask the server for the words would wait for a lock of the table
       AND k.conbin::text ~ '[{]OPEXPR :opno (66[4-7]|105[89]|106[01]) '
)
SELECT provider,
       count(*) FILTER (WHERE kind = 'index') AS indexes,
       string_agg(name, ', ' ORDER BY relpages DESC, name)
           FILTER (WHERE kind = 'index') AS index_names,
       count(*) FILTER (WHERE kind = 'table') AS tables,
       string_agg(name, ', ' ORDER BY name) FILTER (WHERE kind = 'table') AS table_names,
       count(*) FILTER (WHERE kind = 'constraint') AS constraints,
       string_agg(name, ', ' ORDER BY name) FILTER (WHERE kind = 'constraint') AS constraint_names,
       CASE WHEN provider = 'c'
            THEN (SELECT pg_collation_actual_version(c.oid)
                    FROM pg_collation AS c
                   WHERE c.collprovider = 'c'
                     AND c.collcollate NOT IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8', '')
                   LIMIT 1) END AS version
  FROM used
 GROUP BY provider
 ORDER BY provider;
