-- doing: looking once more before the switch
-- returns: one row: system_identifier, is_in_recovery, timeline (of the WAL that is written; NULL in
--          recovery), clients (sessions that are not ours nor those of a watch that writes nothing, and background workers that began before
--          the fence or are writing; of the roles of :'keep' those too), prepared, open_databases (not
--          fenced, or to others than :'keep'), pid and holds_lock (of this session)
-- needs: superuser; barrier_look, on the same session. Rule D2.7: the same server, still fenced, nobody there, and we still hold the
--        operator's lock.
-- reads
WITH fence AS (
    SELECT coalesce(current_setting('pgcutover.fenced_at', true), 'infinity')::timestamptz AS at
)
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       pg_is_in_recovery() AS is_in_recovery,
       CASE WHEN NOT pg_is_in_recovery()
            THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
       END AS timeline,
       pg_backend_pid() AS pid,
       (SELECT count(*) FROM pg_stat_activity, fence
         WHERE (backend_type = 'client backend'
                   AND NOT (usename = ANY (:'keep'::text[]) AND backend_xid IS NULL
                            AND backend_start >= fence.at)
                OR datid IS NOT NULL AND backend_type NOT IN ('walsender', 'autovacuum worker')
                   AND (backend_start < fence.at OR backend_xid IS NOT NULL))
           AND state IS DISTINCT FROM 'starting' -- from 18 on: not logged in yet
           AND application_name <> :'application_name'
           AND NOT (application_name = :'application_name' || ' watch' AND backend_xid IS NULL)) AS clients,
       (SELECT count(*) FROM pg_prepared_xacts) AS prepared,
       (SELECT count(*) FROM pg_database AS database
         WHERE NOT datistemplate AND datallowconn
           AND (EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                         WHERE privilege_type = 'CONNECT'
                           AND NOT EXISTS (SELECT FROM pg_roles
                                            WHERE pg_roles.oid = grantee AND NOT rolsuper
                                              AND rolname = ANY (:'keep'::text[])))
                OR NOT EXISTS (SELECT FROM pg_db_role_setting
                                WHERE setdatabase = database.oid AND setrole = 0
                                  AND 'default_transaction_read_only=on' = ANY (setconfig))))
           AS open_databases,
       EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
                  AND (classid::bigint << 32 | objid::bigint) = :'key'::bigint) AS holds_lock
