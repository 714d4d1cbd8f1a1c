-- doing: listing what there is to compare
-- returns: a row for each table, materialized view and for pg_largeobject: schema_name, table_name, kind
--          (table, unlogged, matview, large objects), is_populated, is_subscribed, estimate of its
--          rows, bytes; columns, JSON: name, the server's own type that it is made of ("": none),
--          type, the server's own function that writes it (NULL: none); keys, JSON: for each key that
--          orders rows alike wherever its collation is the same, the most natural one first: name,
--          type, collation ("": none, NULL: not known); identity, JSON: the columns to name a row by
-- needs: superuser; PostgreSQL 10 and newer. Generated columns are left out: they are not replicated.
-- reads
WITH RECURSIVE domain AS (
    SELECT oid, typbasetype AS base FROM pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT domain.oid, t.typbasetype
      FROM domain JOIN pg_type AS t ON t.oid = domain.base WHERE t.typtype = 'd'
), kind AS (
    SELECT t.oid, t.typname, t.typtypmod, b.oid AS base, b.typname AS base_name,
           bn.nspname = 'pg_catalog' AS is_ours, tn.nspname,
           CASE WHEN o.pronamespace = 'pg_catalog'::regnamespace
                     AND (t.oid = b.oid OR (b.typtype = 'b' AND b.typcategory <> 'A'))
                THEN o.proname END AS output
      FROM pg_type AS t
      JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
      JOIN pg_type AS b ON b.oid = coalesce((SELECT d.base FROM domain AS d
                                               JOIN pg_type AS x ON x.oid = d.base
                                              WHERE d.oid = t.oid AND x.typtype <> 'd'), t.oid)
      JOIN pg_namespace AS bn ON bn.oid = b.typnamespace
      JOIN pg_proc AS o ON o.oid = b.typoutput
), relation AS (
    SELECT c.oid, n.nspname, c.relname, c.relispopulated, c.reltuples, c.relreplident,
           CASE WHEN c.oid = 'pg_largeobject'::regclass THEN 'large objects'
                WHEN c.relkind = 'm' THEN 'matview'
                WHEN c.relpersistence = 'u' THEN 'unlogged'
                ELSE 'table' END AS kind
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE (c.oid >= 16384 AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
            AND n.nspname <> 'pgcutover')
        OR c.oid = 'pg_largeobject'::regclass
), attribute AS (
    SELECT found.*
      FROM (VALUES (CAST('' AS "char"))) AS missing (attgenerated),
           LATERAL (SELECT attrelid, attname, attnum, atttypid, atttypmod, attnotnull, attcollation
                      FROM pg_attribute
                     WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '') AS found
), collation_of AS (
    SELECT c.oid,
           CASE WHEN provider = 'd' THEN database ELSE own END AS name
      FROM (SELECT oid, collprovider AS provider,
                   CASE WHEN to_jsonb(pg_collation) ->> 'collisdeterministic' = 'false' THEN NULL
                        WHEN collcollate IN ('C', 'POSIX') OR collcollate ~ '^C[.]'
                             OR collprovider = 'b' THEN 'C'
                        ELSE format('%s %s %s', collprovider,
                                    coalesce(collcollate, to_jsonb(pg_collation) ->> 'colllocale',
                                             to_jsonb(pg_collation) ->> 'colliculocale'),
                                    CASE WHEN collprovider <> 'd'
                                         THEN pg_collation_actual_version(oid) END) END AS own,
                   (SELECT CASE WHEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'b'
                                     OR d.datcollate IN ('C', 'POSIX') OR d.datcollate ~ '^C[.]'
                                     AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
                                THEN 'C'
                                WHEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'
                                THEN (SELECT format('c %s %s', d.datcollate,
                                                    pg_collation_actual_version(s.oid))
                                        FROM pg_collation AS s
                                       WHERE s.collprovider = 'c'
                                         AND pg_collation_actual_version(s.oid) IS NOT NULL
                                         AND lower(replace(s.collcollate, '-', ''))
                                             = lower(replace(d.datcollate, '-', ''))
                                       LIMIT 1) END
                      FROM pg_database AS d WHERE d.datname = current_database()) AS database
              FROM pg_collation) AS c
), key AS (
    SELECT i.indrelid, i.indisprimary, i.indisreplident, ic.relname, i.indnatts,
           (SELECT json_agg(json_build_array(a.attname, k.base_name,
                                CASE WHEN a.attcollation = 0 THEN '' ELSE col.name END)
                            ORDER BY part.place)
              FROM unnest(i.indkey) WITH ORDINALITY AS part (attnum, place)
              JOIN attribute AS a ON a.attrelid = i.indrelid AND a.attnum = part.attnum
              JOIN kind AS k ON k.oid = a.atttypid
              LEFT JOIN collation_of AS col ON col.oid = i.indcollation[part.place - 1]
             WHERE part.place <= coalesce((to_jsonb(i) ->> 'indnkeyatts')::integer, i.indnatts)
           ) AS columns,
           NOT EXISTS (
               SELECT FROM unnest(i.indkey) WITH ORDINALITY AS part (attnum, place)
                 LEFT JOIN attribute AS a ON a.attrelid = i.indrelid AND a.attnum = part.attnum
                 LEFT JOIN kind AS k ON k.oid = a.atttypid
                 LEFT JOIN pg_opclass AS o ON o.oid = i.indclass[part.place - 1]
                WHERE part.place <= coalesce((to_jsonb(i) ->> 'indnkeyatts')::integer, i.indnatts)
                  AND (a.attnum IS NULL OR NOT a.attnotnull OR NOT k.is_ours
                       OR i.indoption[part.place - 1] <> 0 OR NOT o.opcdefault
                       OR a.attcollation <> i.indcollation[part.place - 1]
                       OR k.base_name NOT IN ('bool', 'int2', 'int4', 'int8', 'oid', 'numeric', 'date',
                                              'time', 'timestamp', 'timestamptz', 'uuid', 'bytea',
                                              'text', 'varchar', 'bpchar', 'macaddr'))) AS orders
      FROM pg_index AS i
      JOIN pg_class AS ic ON ic.oid = i.indexrelid
      JOIN pg_am AS m ON m.oid = ic.relam AND m.amname = 'btree'
     WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
       AND i.indrelid IN (SELECT oid FROM relation)
)
SELECT r.nspname AS schema_name, r.relname AS table_name, r.kind, r.relispopulated AS is_populated,
       EXISTS (SELECT FROM pg_subscription_rel
                WHERE srrelid = r.oid AND srsubstate = 'r') AS is_subscribed,
       greatest(r.reltuples, 0)::bigint AS estimate,
       coalesce(pg_table_size(r.oid), 0) AS bytes,
       coalesce((SELECT json_agg(json_build_array(a.attname,
                            CASE WHEN k.is_ours THEN k.base_name ELSE '' END,
                            CASE WHEN k.nspname = 'pg_catalog'
                                 THEN format_type(a.atttypid, a.atttypmod)
                                 ELSE format('%s.%s %s', k.nspname, k.typname, a.atttypmod) END,
                            k.output)
                            ORDER BY a.attname::text COLLATE "C")
                   FROM attribute AS a
                   JOIN kind AS k ON k.oid = a.atttypid
                  WHERE a.attrelid = r.oid), '[]') AS columns,
       coalesce((SELECT json_agg(key.columns ORDER BY key.indisprimary DESC, key.indisreplident DESC,
                                 key.indnatts, key.relname::text COLLATE "C")
                   FROM key WHERE key.indrelid = r.oid AND key.orders), '[]') AS keys,
       coalesce((SELECT key.columns
                   FROM key WHERE key.indrelid = r.oid AND key.columns IS NOT NULL
                  ORDER BY key.indisprimary DESC, key.indisreplident DESC, key.indnatts,
                           key.relname::text COLLATE "C" LIMIT 1), '[]') AS identity
  FROM relation AS r
