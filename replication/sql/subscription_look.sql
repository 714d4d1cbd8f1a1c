-- doing: looking at the subscription
-- returns: one row, or none: oid, is_enabled, slot, worker_pid, remote_lsn, errors, conflicts (of
--          these, those that are divergence)
-- needs: superuser; PostgreSQL 10 and newer. Errors are counted from 15 on: there `statistics` is
--        pg_stat_subscription_stats, before it a relation without rows. From 18 on
--        conflicts count as errors: a row that was missed is divergence, and stops nothing (A3). But
--        an update of what was last changed here has been applied: so are the states that undone
--        attempts leave in the marker table.
-- reads
SELECT subscription.oid,
       subscription.subenabled AS is_enabled,
       subscription.subslotname AS slot,
       worker.pid AS worker_pid,
       progress.remote_lsn,
       counted.errors,
       counted.conflicts
  FROM pg_subscription AS subscription
  LEFT JOIN pg_stat_subscription AS worker
         ON worker.subid = subscription.oid AND worker.relid IS NULL
  LEFT JOIN pg_replication_origin_status AS progress
         ON progress.external_id = 'pg_' || subscription.oid
  LEFT JOIN :{statistics} AS stats ON stats.subid = subscription.oid
  CROSS JOIN LATERAL (
       SELECT coalesce(sum(number::bigint), 0) AS errors,
              coalesce(sum(number::bigint) FILTER (WHERE name <> 'apply_error_count'), 0)
                  AS conflicts
         FROM jsonb_each_text(to_jsonb(stats)) AS counter (name, number)
        WHERE name = 'apply_error_count'
           OR name LIKE 'confl\_%' AND name <> 'confl_update_origin_differs') AS counted
 WHERE subscription.subname = :'subscription'
   AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
 LIMIT 1
