-- doing: looking for tables without a replica identity
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. Columns that an index INCLUDEs are none of its key.
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('%s, %s serves, %s',
              CASE WHEN c.relreplident = 'n' THEN 'replica identity nothing'
                   WHEN c.relreplident = 'i' THEN 'the index of its replica identity is not usable'
                   WHEN EXISTS (SELECT FROM pg_index
                                 WHERE indrelid = c.oid AND indisprimary AND NOT indimmediate)
                   THEN 'its primary key is deferrable'
                   WHEN EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)
                   THEN 'the index of its primary key is not valid'
                   ELSE 'no primary key' END,
              coalesce('unique index ' || candidate.relname, 'the whole row'),
              CASE WHEN c.relpages > 0
                   THEN format('about %s rows in %s', greatest(c.reltuples, 0)::bigint,
                               pg_size_pretty(c.relpages::bigint
                                              * current_setting('block_size')::int))
                   ELSE 'of unknown size (never analyzed, or empty then)' END)
           AS evidence,
       format(CASE WHEN candidate.relname IS NULL
                   THEN 'ALTER TABLE %I.%I ADD PRIMARY KEY (...);'
                   ELSE 'ALTER TABLE %I.%I REPLICA IDENTITY USING INDEX %I;' END,
              n.nspname, c.relname, candidate.relname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (
        SELECT ic.relname
          FROM pg_index AS i
          JOIN pg_class AS ic ON ic.oid = i.indexrelid
         WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
           AND i.indpred IS NULL AND i.indexprs IS NULL
           AND NOT EXISTS (SELECT FROM pg_attribute AS a
                            WHERE a.attrelid = c.oid AND NOT a.attnotnull
                              AND a.attnum = ANY ((i.indkey::int2[])
                                      [0:coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) - 1]))
         ORDER BY i.indnatts, ic.relname
         LIMIT 1) AS candidate ON true
 WHERE c.oid >= 16384 AND c.relkind = 'r' AND c.relpersistence = 'p'
   AND n.nspname <> 'pgcutover'
   AND c.relreplident <> 'f'
   AND NOT EXISTS (SELECT FROM pg_index AS i
                    WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
                      AND CASE c.relreplident WHEN 'd' THEN i.indisprimary
                                              WHEN 'i' THEN i.indisreplident
                                              ELSE false END)
 ORDER BY n.nspname, c.relname;
