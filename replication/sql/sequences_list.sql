-- doing: listing the sequences
-- returns: one row: statement, which reads them all at once, or NULL when there are none; count
-- needs: superuser; PostgreSQL 10 and newer. pg_sequences is of no use: it shows NULL for a sequence
--        that was set but not called yet (rule F1).
-- reads
SELECT string_agg(format('SELECT %L::text AS schema_name, %L::text AS sequence_name, last_value, is_called FROM %I.%I',
                         namespace.nspname, class.relname, namespace.nspname, class.relname),
                  ' UNION ALL ') AS statement,
       count(*) AS count
  FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE class.relkind = 'S'
   AND class.relpersistence <> 't'
