-- doing: reading the parameters of the server, for the report
-- returns: a row per parameter: name, value (as SHOW prints it), source, is_set (somebody has set it),
--          is_internal (nobody can), pending_restart
-- needs: superuser or pg_read_all_settings; PostgreSQL 10 and newer. What may hold a secret is left out.
--        Of what our own session has set, the value that others get, as far as numbers go.
-- reads
SELECT name,
       CASE WHEN source <> 'session' THEN current_setting(name)
            WHEN unit IS NULL OR reset_val !~ '^[1-9]' THEN reset_val
            WHEN unit <> 'ms' THEN reset_val || unit
            WHEN reset_val::bigint % 86400000 = 0 THEN reset_val::bigint / 86400000 || 'd'
            WHEN reset_val::bigint % 3600000 = 0 THEN reset_val::bigint / 3600000 || 'h'
            WHEN reset_val::bigint % 60000 = 0 THEN reset_val::bigint / 60000 || 'min'
            WHEN reset_val::bigint % 1000 = 0 THEN reset_val::bigint / 1000 || 's'
            ELSE reset_val || 'ms' END AS value,
       CASE WHEN source <> 'session' THEN source END AS source,
       CASE WHEN source = 'session' THEN reset_val IS DISTINCT FROM boot_val
            ELSE source NOT IN ('default', 'override', 'dynamic default', 'client',
                                'environment variable') END AS is_set,
       context = 'internal' AS is_internal,
       pending_restart
  FROM pg_settings
 WHERE source <> 'client'
   AND name NOT IN ('primary_conninfo', 'archive_command', 'restore_command',
                    'archive_cleanup_command', 'recovery_end_command', 'ssl_passphrase_command')
   AND (name = 'password_encryption'
        OR name !~* '(passw|passphrase|secret|token|salt|credential|api_?key|private_?key|conninfo)')
 ORDER BY name
