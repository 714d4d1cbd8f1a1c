-- doing: looking at the subscription
-- returns: one row, or none: oid, is_enabled, slot, worker_pid, remote_lsn, errors
-- needs: superuser; PostgreSQL 15 and newer on green (pg_stat_subscription_stats). From 18 on
--        conflicts count as errors: a row that was missed is divergence, and stops nothing (A3). But
--        an update of what was last changed here has been applied: so are the states that undone
--        attempts leave in the marker table.
-- reads
SELECT subscription.oid,
       subscription.subenabled AS is_enabled,
       subscription.subslotname AS slot,
       worker.pid AS worker_pid,
       progress.remote_lsn,
       (SELECT coalesce(sum(number::bigint), 0)
          FROM jsonb_each_text(to_jsonb(stats)) AS counter (name, number)
         WHERE name = 'apply_error_count'
            OR name LIKE 'confl\_%' AND name <> 'confl_update_origin_differs') AS errors
  FROM pg_subscription AS subscription
  LEFT JOIN pg_stat_subscription AS worker
         ON worker.subid = subscription.oid AND worker.relid IS NULL
  LEFT JOIN pg_replication_origin_status AS progress
         ON progress.external_id = 'pg_' || subscription.oid
  LEFT JOIN pg_stat_subscription_stats AS stats ON stats.subid = subscription.oid
 WHERE subscription.subname = :'subscription'
   AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
 LIMIT 1
