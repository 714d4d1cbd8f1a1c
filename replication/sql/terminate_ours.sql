-- doing: ending what is left of our own sessions
-- returns: a row per session of this run that is still busy, and was told to end: pid
-- needs: superuser. A statement whose answer we gave up waiting for must not take effect later.
SELECT activity.pid, pg_terminate_backend(activity.pid) AS told
  FROM pg_stat_activity AS activity
 WHERE activity.backend_type = 'client backend'
   AND activity.pid <> pg_backend_pid()
   AND activity.application_name = :'application_name'
   AND (activity.state <> 'idle' OR :'all'::boolean)
