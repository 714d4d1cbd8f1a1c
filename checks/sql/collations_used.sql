-- doing: looking for what is sorted by libc or ICU
-- returns: a row per provider (c, i) that something is sorted by: provider, indexes (how many),
--          index_names (the largest), tables (how many are partitioned by ranges of such values),
--          table_names, version (of libc, as the server says; NULL: it does not)
-- needs: any login; PostgreSQL 10 and newer, for a version 13 and newer. Hash indexes and those by
--        bytes (text_pattern_ops) do not depend on it, nor does what sorts by code points.
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
), used AS (
    SELECT DISTINCT m.provider, true AS is_index, n.nspname || '.' || r.relname AS name, r.relpages
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
    SELECT DISTINCT m.provider, false, n.nspname || '.' || r.relname, r.relpages
      FROM pg_partitioned_table AS p
     CROSS JOIN unnest(p.partcollation::oid[]) AS key (oid)
      JOIN matters AS m ON m.oid = key.oid
      JOIN pg_class AS r ON r.oid = p.partrelid
      JOIN pg_namespace AS n ON n.oid = r.relnamespace
     WHERE p.partstrat = 'r'
)
SELECT provider,
       count(*) FILTER (WHERE is_index) AS indexes,
       array_to_string((array_agg(name ORDER BY relpages DESC, name)
                        FILTER (WHERE is_index))[1:3], ', ') AS index_names,
       count(*) FILTER (WHERE NOT is_index) AS tables,
       array_to_string((array_agg(name ORDER BY name)
                        FILTER (WHERE NOT is_index))[1:3], ', ') AS table_names,
       CASE WHEN provider = 'c'
            THEN (SELECT pg_collation_actual_version(c.oid)
                    FROM pg_collation AS c
                   WHERE c.collprovider = 'c'
                     AND c.collcollate NOT IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8', '')
                   LIMIT 1) END AS version
  FROM used
 GROUP BY provider
 ORDER BY provider;
