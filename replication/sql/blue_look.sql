-- doing: looking whether blue may be deleted
-- returns: one row: system_identifier, is_in_recovery, postmaster (pid and start of the server, as in
--          postmaster.pid), open (databases that clients may write to), clients (sessions that the
--          fence would not have let in; NULL: none)
-- needs: superuser; PostgreSQL 10 and newer. Superusers and roles of :'keep' pass the fence.
-- reads
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       pg_is_in_recovery() AS is_in_recovery,
       (SELECT split_part(content, E'\n', 1) || ' ' || split_part(content, E'\n', 3)
          FROM pg_read_file('postmaster.pid') AS content) AS postmaster,
       (SELECT count(*)
          FROM pg_database AS database
         WHERE NOT datistemplate AND datallowconn
           AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                        WHERE privilege_type = 'CONNECT')
           AND NOT EXISTS (SELECT FROM pg_db_role_setting
                            WHERE setdatabase = database.oid AND setrole = 0
                              AND 'default_transaction_read_only=on' = ANY (setconfig))) AS open,
       (SELECT string_agg(format('%s (pid %s)', activity.usename, activity.pid), ', '
                          ORDER BY activity.pid)
          FROM pg_stat_activity AS activity
          JOIN pg_roles AS role ON role.oid = activity.usesysid
         WHERE activity.backend_type = 'client backend'
           AND NOT role.rolsuper
           AND NOT role.rolname = ANY (:'keep'::text[])) AS clients
