-- doing: waiting for sessions that are starting
-- returns: one row: starting, how many hold a lock on a database object. Leaves the server's clock
--          in pgcutover.fenced_at of the session: what began before did not see the fence.
-- needs: superuser. A starting session holds RowExclusiveLock on its database from before its last
--        look at the privileges until it is visible in pg_stat_activity (rule D2.3;
--        src/backend/utils/init/postinit.c, InitPostgres).
-- reads
SELECT count(*) AS starting,
       set_config('pgcutover.fenced_at', clock_timestamp()::text, false) AS fenced_at
  FROM pg_locks AS locks
 WHERE locks.locktype = 'object'
   AND locks.classid = 'pg_database'::regclass
   AND locks.pid <> pg_backend_pid()
   AND NOT EXISTS (SELECT FROM pg_stat_activity AS activity
                    WHERE activity.pid = locks.pid
                      AND activity.application_name IN (:'application_name',
                                                         :'application_name' || ' watch'))
