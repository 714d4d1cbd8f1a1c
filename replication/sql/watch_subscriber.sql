-- doing: reading the subscriptions and their workers
-- returns: a row per subscription of all databases: name, database, slot, enabled, worker (a worker
--          of it runs), waits_for (what that waits for, NULL: for nothing but its work),
--          message_age_us, apply_errors, sync_errors, conflicts (NULL where the server counts none)
-- needs: pg_monitor, to see what workers wait for; PostgreSQL 10 and newer; :{counts} are the three
--        counters, :{counts_from} where they are from (15), :{main} keeps the main workers only (16),
--        :{worker_of} says whose they are: before 14 only a superuser may read pg_subscription.oid
-- reads
SELECT subscription.subname AS name, database.datname AS database,
       subscription.subslotname AS slot, subscription.subenabled AS enabled,
       stat.pid IS NOT NULL AS worker,
       CASE WHEN worker.wait_event_type NOT IN ('Activity', 'Client')
            THEN worker.wait_event_type || ': ' || worker.wait_event END AS waits_for,
       (extract(epoch FROM clock_timestamp() - stat.last_msg_receipt_time) * 1000000)::bigint
         AS message_age_us,
       :{counts}
  FROM pg_subscription AS subscription
  JOIN pg_database AS database ON database.oid = subscription.subdbid
  LEFT JOIN pg_stat_subscription AS stat
         ON :{worker_of} AND stat.relid IS NULL AND :{main}
  LEFT JOIN pg_stat_activity AS worker ON worker.pid = stat.pid
  :{counts_from}
 ORDER BY subscription.subname::text COLLATE "C", database.datname::text COLLATE "C"
