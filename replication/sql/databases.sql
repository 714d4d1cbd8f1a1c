-- doing: listing the databases
-- returns: a row per database that is cut over: datname, oid
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT datname, oid
  FROM pg_database
 WHERE NOT datistemplate
   AND datallowconn
 ORDER BY datname
