-- doing: looking for pg_stat_statements
-- returns: one row where the extension is installed: schema, total (the column that holds the time of all
--          calls: total_time up to version 1.7 of the extension, total_exec_time from 1.8 on)
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname AS schema,
       CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                          WHERE a.attrelid = c.oid AND a.attname = 'total_exec_time')
            THEN 'total_exec_time' ELSE 'total_time' END AS total
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
  JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
 WHERE e.extname = 'pg_stat_statements'
