-- doing: checking default_transaction_read_only
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
WITH setting AS (
    SELECT d.datname, r.rolname, s.setdatabase
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
  FROM pg_settings
 WHERE name = 'default_transaction_read_only' AND reset_val = 'on'
   AND NOT EXISTS (SELECT FROM setting
                    WHERE (rolname IS NULL OR rolname = session_user)
                      AND (setdatabase = 0 OR datname = current_database()));
