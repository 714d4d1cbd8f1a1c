-- doing: counting what was written since the cutover
-- returns: a row per table that was written to, and one without a name where counters were reset,
--          or lost in a crash: they stand lower than they did, or began at another time. name,
--          inserted, updated, deleted, is_rewritten (it is in another file: what TRUNCATE removed is
--          in no counter)
-- needs: any login; PostgreSQL 10 and newer; :'before' is what counters.sql returned then. A table
--        that is not in it was made since.
-- reads
WITH now AS (
    SELECT c.oid, format('%s.%s', s.schemaname, c.relname) AS name,
           s.n_tup_ins AS inserted, s.n_tup_upd AS updated, s.n_tup_del AS deleted,
           pg_relation_filenode(c.oid)::bigint AS file
      FROM pg_stat_all_tables AS s
      JOIN pg_class AS c ON c.oid = s.relid
     WHERE c.relkind = 'r'
       AND s.schemaname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
       AND s.schemaname !~ '^pg_(toast_)?temp_[0-9]+$'
), before AS (
    SELECT key::oid AS oid, (value ->> 0)::bigint AS inserted, (value ->> 1)::bigint AS updated,
           (value ->> 2)::bigint AS deleted, (value ->> 3)::bigint AS file
      FROM jsonb_each(:'before'::jsonb - 'since')
), since AS (
    SELECT now.name, now.inserted - coalesce(before.inserted, 0) AS inserted,
           now.updated - coalesce(before.updated, 0) AS updated,
           now.deleted - coalesce(before.deleted, 0) AS deleted,
           coalesce(now.file <> before.file, false) AS is_rewritten
      FROM now
      LEFT JOIN before ON before.oid = now.oid
)
SELECT NULL AS name, NULL::bigint AS inserted, NULL::bigint AS updated, NULL::bigint AS deleted,
       false AS is_rewritten
 WHERE EXISTS (SELECT FROM since WHERE least(inserted, updated, deleted) < 0)
    OR (SELECT jsonb_build_array(round(extract(epoch FROM database.stats_reset) * 1000),
                                 round(extract(epoch FROM server.stats_reset) * 1000))
          FROM pg_stat_database AS database, pg_stat_bgwriter AS server
         WHERE database.datname = current_database())
       IS DISTINCT FROM :'before'::jsonb -> 'since'
UNION ALL
SELECT name, inserted, updated, deleted, is_rewritten
  FROM since
 WHERE name NOT LIKE 'pgcutover.%'
   AND (inserted <> 0 OR updated <> 0 OR deleted <> 0 OR is_rewritten)
 ORDER BY 1
