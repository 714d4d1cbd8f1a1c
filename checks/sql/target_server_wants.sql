-- doing: listing what the server needs of green's release
-- returns: a row per preloaded library and per locale of a database, search paths of green, and what
--          blue preloads: kind (preload, locale, extension_path, library_path, shared_preload), name, version (NULL), owner (the
--          setting, the database)
-- needs: superuser; PostgreSQL 10 and newer. What is under [green.parameters] counts instead of blue's
--        own; libraries of local_preload_libraries come from a directory of their own
--        (src/backend/utils/init/miscinit.c, load_libraries).
-- reads
WITH override AS (
    SELECT lower(key) AS name, value AS setting
      FROM json_each_text(:'green_parameters'::json)
), setting (name, place, value) AS (
    SELECT s.name, CASE WHEN o.name IS NULL THEN s.name ELSE s.name || ' of [green.parameters]' END,
           coalesce(o.setting, current_setting(s.name))
      FROM (VALUES ('shared_preload_libraries'), ('session_preload_libraries'),
                   ('local_preload_libraries')) AS s (name)
      LEFT JOIN override AS o USING (name)
    UNION ALL
    SELECT split_part(entry, '=', 1),
           format('%s of %s in %s', split_part(entry, '=', 1),
                  coalesce('role ' || a.rolname, 'all roles'),
                  coalesce('database ' || d.datname, 'all databases')),
           substr(entry, strpos(entry, '=') + 1)
      FROM pg_db_role_setting AS s
      LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
      LEFT JOIN pg_roles AS a ON a.oid = s.setrole
     CROSS JOIN unnest(s.setconfig) AS entry
     WHERE split_part(entry, '=', 1) IN ('session_preload_libraries', 'local_preload_libraries')
), library AS (
    SELECT s.name, s.place, btrim(btrim(part), '"') AS library
      FROM setting AS s
     CROSS JOIN unnest(string_to_array(s.value, ',')) AS part
)
SELECT 'extension_path' AS kind,
       coalesce((SELECT setting FROM override WHERE name = 'extension_control_path'),
                current_setting('extension_control_path', true), '') AS name,
       NULL::text AS version, NULL::text AS owner
UNION ALL
SELECT 'shared_preload', current_setting('shared_preload_libraries'), NULL, NULL
UNION ALL
SELECT 'library_path',
       coalesce((SELECT setting FROM override WHERE name = 'dynamic_library_path'),
                current_setting('dynamic_library_path')), NULL, NULL
UNION ALL
SELECT 'preload',
       CASE WHEN name = 'local_preload_libraries' AND library !~ '/'
            THEN '$libdir/plugins/' || library ELSE library END, NULL, place
  FROM library
 WHERE library <> ''
UNION ALL
SELECT DISTINCT 'locale', locale, NULL, d.datname::text
  FROM pg_database AS d
 CROSS JOIN unnest(ARRAY[d.datcollate::text, d.datctype::text]) AS locale
 WHERE locale <> ''
 ORDER BY 1, 2, 4;
