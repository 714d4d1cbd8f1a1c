-- doing: looking for ALTER ROLE ALL SET
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT split_part(entry, '=', 1) AS what, entry AS evidence,
       format('on green, ALTER ROLE ALL SET %s = %s;', split_part(entry, '=', 1),
              CASE WHEN split_part(entry, '=', 1) IN
                        ('search_path', 'temp_tablespaces', 'session_preload_libraries',
                         'local_preload_libraries', 'unix_socket_directories')
                   THEN substr(entry, strpos(entry, '=') + 1)
                   ELSE quote_literal(substr(entry, strpos(entry, '=') + 1)) END) AS cure
  FROM pg_db_role_setting
 CROSS JOIN unnest(setconfig) AS entry
 WHERE setdatabase = 0 AND setrole = 0
 ORDER BY entry;
