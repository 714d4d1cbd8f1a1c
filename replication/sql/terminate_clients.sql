-- doing: ending the sessions that went past the poolers
-- returns: a row per session that is still there, and was told to end: pid, usename, datname,
--          application_name, client_addr, state, transaction_seconds, query (its beginning)
-- needs: superuser. From 18 on a session that has not logged in yet is there, too, as "starting": behind
--        the barrier it will find the fence. Walsenders and our own sessions are spared (rule D2.4). Background workers of
--        extensions write too: those that began before the fence are ended once; what their launcher
--        starts anew is read-only, as every session that begins behind the fence; so are those of
--        the roles of :'keep', which may come back. barrier_look, on the same session.
WITH fence AS (
    SELECT coalesce(current_setting('pgcutover.fenced_at', true), 'infinity')::timestamptz AS at
)
SELECT activity.pid, activity.usename, activity.datname,
       CASE activity.backend_type WHEN 'client backend' THEN activity.application_name
            ELSE activity.backend_type END AS application_name,
       activity.client_addr, activity.state,
       extract(epoch FROM clock_timestamp() - activity.xact_start)::bigint AS transaction_seconds,
       CASE WHEN activity.query ~* 'password' THEN '(hidden)'
            ELSE left(regexp_replace(activity.query, '\s+', ' ', 'g'), 60) END AS query,
       pg_terminate_backend(activity.pid) AS told
  FROM pg_stat_activity AS activity, fence
 WHERE (activity.backend_type = 'client backend'
            AND NOT (activity.usename = ANY (:'keep'::text[])
                     AND activity.backend_start >= fence.at)
        OR activity.datid IS NOT NULL
           AND activity.backend_type NOT IN ('walsender', 'autovacuum worker')
           AND activity.backend_start < fence.at)
   AND activity.state IS DISTINCT FROM 'starting'
   AND activity.pid <> pg_backend_pid()
   AND activity.application_name NOT IN (:'application_name', :'application_name' || ' watch')
