-- doing: listing preloaded libraries
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT trim(library) AS what, 'in ' || name AS evidence
  FROM pg_settings
 CROSS JOIN unnest(string_to_array(setting, ',')) AS library
 WHERE name IN ('shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries')
   AND trim(library) <> '';
