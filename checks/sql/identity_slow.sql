-- doing: looking for large tables without any index for apply
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer. Of a table that was never analyzed the first file tells
--        its size: asking the server for it may wait for a lock. On the way back blue applies, and can
--        use no more than its release does.
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('%s, about %s rows, %s updates and deletes counted', pg_size_pretty(size),
              greatest(c.reltuples, 0)::bigint, changes) AS evidence,
       format('ALTER TABLE %I.%I ADD PRIMARY KEY (...);', n.nspname, c.relname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
        SELECT greatest(c.relpages::bigint * current_setting('block_size')::int,
                        (pg_stat_file(pg_relation_filepath(c.oid), true)).size) AS size,
               coalesce(pg_stat_get_tuples_updated(c.oid), 0)
               + coalesce(pg_stat_get_tuples_deleted(c.oid), 0) AS changes) AS load
 CROSS JOIN (
        SELECT CASE WHEN :'way_back'::boolean
                    THEN least(:'green_version'::int, current_setting('server_version_num')::int)
                    ELSE :'green_version'::int END AS version) AS applies
 WHERE c.oid >= 16384 AND c.relkind = 'r' AND c.relpersistence = 'p'
   AND n.nspname <> 'pgcutover'
   AND size > 16 * 1024 * 1024 AND changes > 0
   AND NOT EXISTS (
        SELECT FROM pg_index AS i
          JOIN pg_class AS ic ON ic.oid = i.indexrelid
          JOIN pg_am AS m ON m.oid = ic.relam
         WHERE i.indrelid = c.oid AND i.indisvalid
           AND CASE WHEN i.indisprimary OR c.relreplident = 'i' AND i.indisreplident
                    THEN i.indimmediate
                    WHEN c.relreplident <> 'f' AND i.indisunique AND i.indimmediate
                         AND i.indpred IS NULL AND i.indexprs IS NULL
                         AND NOT EXISTS (SELECT FROM pg_attribute AS a
                                          WHERE a.attrelid = c.oid AND NOT a.attnotnull
                                            AND a.attnum = ANY ((i.indkey::int2[])
                                                    [0:coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) - 1]))
                    THEN true
                    ELSE (applies.version >= 160000 AND m.amname = 'btree'
                          OR applies.version >= 170000 AND m.amname = 'hash')
                         AND i.indpred IS NULL AND i.indkey[0] <> 0 END)
 ORDER BY size DESC, n.nspname, c.relname;
