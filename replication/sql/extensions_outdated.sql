-- doing: listing the extensions to update
-- returns: a row per extension that is older than the server's default: name, installed, available
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT extension.extname AS name, extension.extversion AS installed,
       available.default_version AS available
  FROM pg_extension AS extension
  JOIN pg_available_extensions AS available ON available.name = extension.extname
 WHERE available.default_version <> extension.extversion
   AND EXISTS (SELECT FROM pg_extension_update_paths(extension.extname) AS update
                WHERE update.source = extension.extversion
                  AND update.target = available.default_version
                  AND update.path IS NOT NULL)
 ORDER BY extension.extname
