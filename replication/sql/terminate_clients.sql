-- doing: ending the sessions that went past the poolers
-- returns: a row per session that is still there, and was told to end: pid, usename, datname,
--          application_name, client_addr, state, transaction_seconds, query (its beginning)
-- needs: superuser. Walsenders and our own sessions are spared (rule D2.4).
SELECT activity.pid, activity.usename, activity.datname, activity.application_name,
       activity.client_addr, activity.state,
       extract(epoch FROM clock_timestamp() - activity.xact_start)::bigint AS transaction_seconds,
       CASE WHEN activity.query ~* 'password' THEN '(hidden)'
            ELSE left(regexp_replace(activity.query, '\s+', ' ', 'g'), 60) END AS query,
       pg_terminate_backend(activity.pid) AS told
  FROM pg_stat_activity AS activity
 WHERE activity.backend_type = 'client backend'
   AND activity.pid <> pg_backend_pid()
   AND activity.application_name <> :'application_name'
