-- doing: taking the operator's lock
-- returns: one row: is_ours, own_pid (of this session), and who holds it when not: pid,
--          application_name, client_addr, backend_start
-- needs: nothing; PostgreSQL 10 and newer, which is why MATERIALIZED (12) is not said: what is volatile
--        is not inlined either. The lock lives as long as the session; advisory locks are
--        per database, so always in the same one. Not taken in a dry run.
WITH attempt AS (
    SELECT pg_try_advisory_lock(:'key'::bigint) AS is_ours
)
SELECT attempt.is_ours, pg_backend_pid() AS own_pid, holder.pid, holder.application_name,
       holder.client_addr, holder.backend_start
  FROM attempt
  LEFT JOIN LATERAL (
        SELECT activity.pid, activity.application_name, activity.backend_start,
               coalesce(host(activity.client_addr), 'a socket') AS client_addr
          FROM pg_locks AS locks
          JOIN pg_stat_activity AS activity ON activity.pid = locks.pid
         WHERE locks.locktype = 'advisory'
           AND locks.granted
           AND (locks.classid::bigint << 32 | locks.objid::bigint) = :'key'::bigint
           AND locks.pid <> pg_backend_pid()
         LIMIT 1) AS holder ON NOT attempt.is_ours
