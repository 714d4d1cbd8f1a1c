-- doing: listing what a database needs of green's release
-- returns: a row per extension, library of a function and locale of a collation, and one with the
--          number of relations: kind (extension, function, locale, relations), name, version (of an extension), owner (the extension that a function
--          belongs to)
-- needs: any login; PostgreSQL 10 and newer. Which libraries pg_upgrade loads:
--        src/bin/pg_upgrade/function.c, get_loadable_libraries.
-- reads
SELECT 'extension' AS kind, extname::text AS name, extversion AS version, NULL::text AS owner
  FROM pg_extension
UNION ALL
SELECT DISTINCT 'function', p.probin::text, NULL, e.extname::text
  FROM pg_proc AS p
  JOIN pg_language AS l ON l.oid = p.prolang AND l.lanname = 'c'
  LEFT JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.objsubid = 0
        AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_extension AS e ON e.oid = d.refobjid
 WHERE p.oid >= 16384
   AND p.probin IS NOT NULL
UNION ALL
SELECT DISTINCT 'locale', locale, NULL, c.collname::text
  FROM pg_collation AS c
 CROSS JOIN unnest(ARRAY[c.collcollate::text, c.collctype::text]) AS locale
 WHERE c.oid >= 16384
   AND c.collprovider = 'c'
   AND locale <> ''
   AND c.collnamespace <> 'pg_catalog'::regnamespace
UNION ALL
SELECT 'relations', count(*)::text, NULL, NULL
  FROM pg_class
 ORDER BY 1, 2, 3, 4;
