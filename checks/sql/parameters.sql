-- doing: reading the parameters of the server
-- returns: a row per parameter that somebody could set: name, setting, unit, is_ours (our session has
--          set it), is_default (nobody else has), default_value
-- needs: superuser; PostgreSQL 10 and newer. What our connection, the host or the databases have set
--        is left out.
-- reads
SELECT name, setting, coalesce(unit, '') AS unit, source = 'session' AS is_ours,
       source = 'default' OR (source = 'session' AND reset_val = boot_val) AS is_default,
       boot_val AS default_value
  FROM pg_settings
 WHERE context <> 'internal'
   AND source NOT IN ('client', 'database', 'user', 'database user', 'override',
                      'environment variable', 'dynamic default')
 ORDER BY name;
