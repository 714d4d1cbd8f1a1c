-- doing: reading the settings of all roles
-- returns: one row: statements, the ALTER ROLE ALL statements that make them, or an empty string
-- needs: superuser; PostgreSQL 10 and newer. pg_upgrade loses them (rule I.7).
-- reads
SELECT coalesce(string_agg(
           format('ALTER ROLE ALL SET %I = %s', split_part(item, '=', 1),
                  CASE WHEN split_part(item, '=', 1) IN
                            ('local_preload_libraries', 'search_path', 'session_preload_libraries',
                             'temp_tablespaces')
                       THEN substr(item, strpos(item, '=') + 1)
                       ELSE quote_literal(substr(item, strpos(item, '=') + 1)) END),
           '; '), '') AS statements
  FROM pg_db_role_setting AS setting, unnest(setting.setconfig) AS item
 WHERE setting.setdatabase = 0 AND setting.setrole = 0
