-- doing: checking default_transaction_read_only
-- returns: a row a finding: what, evidence, cure
-- needs: superuser (pg_file_settings); PostgreSQL 10 and newer. What our session has set itself, or was
--        started with (PGOPTIONS), says nothing of the server, nor what our role has. For the command
--        line to be seen it is taken back first, for this transaction, which has begun as read-only.
-- reads
SELECT set_config('default_transaction_read_only', NULL, true);
WITH setting AS (
    SELECT d.datname, r.rolname
      FROM pg_db_role_setting AS s
      LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
      LEFT JOIN pg_roles AS r ON r.oid = s.setrole
     CROSS JOIN unnest(s.setconfig) AS entry
     WHERE CASE WHEN lower(split_part(entry, '=', 1)) = 'default_transaction_read_only'
                THEN split_part(entry, '=', 2)::boolean END
)
SELECT coalesce('database ' || datname, 'all roles') AS what,
       'default_transaction_read_only = on for new sessions' AS evidence,
       CASE WHEN datname IS NULL THEN 'ALTER ROLE ALL RESET default_transaction_read_only;'
            ELSE format('ALTER DATABASE %I RESET default_transaction_read_only;', datname)
       END AS cure
  FROM setting
 WHERE rolname IS NULL
UNION ALL
SELECT 'server configuration', 'default_transaction_read_only = on for new sessions',
       'ALTER SYSTEM RESET default_transaction_read_only, or edit postgresql.conf; then reload'
 WHERE EXISTS (SELECT FROM pg_settings
                WHERE name = 'default_transaction_read_only' AND source = 'command line'
                  AND setting = 'on')
    OR (SELECT setting::boolean
          FROM pg_file_settings
         WHERE applied AND lower(name) = 'default_transaction_read_only'
         ORDER BY seqno DESC
         LIMIT 1);
