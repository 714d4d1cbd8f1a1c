-- doing: noting how much was written in each table
-- returns: one row: counters, JSON: of each table by its oid: rows inserted, updated, deleted, and the
--          file that it is in; and "since": when the database's counters, and the server's, began.
--          Who resets counters changes the first, a crash or a failover the second.
-- needs: any login; PostgreSQL 10 and newer. Sessions report what they did some seconds later, at the
--        latest when they end.
-- reads
SELECT (coalesce(jsonb_object_agg(c.oid, jsonb_build_array(s.n_tup_ins, s.n_tup_upd, s.n_tup_del,
                                                           pg_relation_filenode(c.oid))),
                 '{}')
        || (SELECT jsonb_build_object(
                       'since', jsonb_build_array(round(extract(epoch FROM database.stats_reset) * 1000),
                                                  round(extract(epoch FROM server.stats_reset) * 1000)))
              FROM pg_stat_database AS database, pg_stat_bgwriter AS server
             WHERE database.datname = current_database()))::text AS counters
  FROM pg_stat_all_tables AS s
  JOIN pg_class AS c ON c.oid = s.relid
 WHERE c.relkind = 'r'
   AND s.schemaname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND s.schemaname !~ '^pg_(toast_)?temp_[0-9]+$'
