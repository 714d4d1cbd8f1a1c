-- doing: looking at {subscriber} once more before the switch
-- returns: one row: system_identifier, is_in_recovery, open_databases (neither read-only nor closed),
--          state (of the attempt), pid and holds_lock (of this session)
-- needs: superuser. The same server, still closed, waiting for this attempt, and still ours.
-- reads
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       pg_is_in_recovery() AS is_in_recovery,
       (SELECT count(*) FROM pg_database AS database
         WHERE NOT datistemplate AND datallowconn
           AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                        WHERE privilege_type = 'CONNECT')
           AND NOT EXISTS (SELECT FROM pg_db_role_setting
                            WHERE setdatabase = database.oid AND setrole = 0
                              AND 'default_transaction_read_only=on' = ANY (setconfig)))
           AS open_databases,
       (SELECT value FROM pgcutover.marker WHERE id = 3) AS state,
       pg_backend_pid() AS pid,
       EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
                  AND (classid::bigint << 32 | objid::bigint) = :'key'::bigint) AS holds_lock
