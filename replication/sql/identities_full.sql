-- doing: listing the tables whose whole rows are logged
-- returns: a row per table with REPLICA IDENTITY FULL: table_name (with its schema)
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT namespace.nspname || '.' || class.relname AS table_name
  FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE class.relkind IN ('r', 'p')
   AND class.relreplident = 'f'
   AND namespace.nspname NOT IN ('pg_catalog', 'information_schema')
 ORDER BY 1
