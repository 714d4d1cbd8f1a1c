-- doing: reading the parameters of the server
-- returns: a row per parameter that somebody could set: name, setting, unit, is_default (nobody has
--          set it), default_value
-- needs: superuser; PostgreSQL 10 and newer. What our own session, the host or the databases have set
--        is left out.
-- reads
SELECT name, setting, coalesce(unit, '') AS unit, source = 'default' AS is_default,
       boot_val AS default_value
  FROM pg_settings
 WHERE context <> 'internal'
   AND source NOT IN ('session', 'client', 'database', 'user', 'database user', 'override',
                      'environment variable', 'dynamic default')
 ORDER BY name;
