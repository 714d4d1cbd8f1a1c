-- doing: listing the template databases
-- returns: a row per template that can be connected to: datname
-- needs: any login; PostgreSQL 10 and newer. pg_upgrade carries them as it does others;
--        template0 must be closed.
-- reads
SELECT datname
  FROM pg_database
 WHERE datistemplate AND datallowconn AND datconnlimit <> -2 AND datname <> 'template0'
 ORDER BY datname;
