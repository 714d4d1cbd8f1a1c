-- doing: listing the sequences
-- returns: one row: statement, which reads them all at once, or NULL when there are none; count
-- needs: superuser; PostgreSQL 10 and newer. pg_sequences is of no use: it shows NULL for a sequence
--        that was set but not called yet (rule F1). A UNION nests as deep as it has arms: some thousands
--        are too deep for a server's stack, and planning them takes their square, while clients wait.
--        So they are joined in groups, each planned by itself (OFFSET 0).
-- reads
SELECT string_agg(format('SELECT * FROM (%s OFFSET 0) AS part', arms), ' UNION ALL ') AS statement,
       coalesce(sum(members), 0)::bigint AS count
  FROM (SELECT string_agg(format('SELECT %L::text AS schema_name, %L::text AS sequence_name, last_value, is_called FROM %I.%I',
                                 nspname, relname, nspname, relname), ' UNION ALL ') AS arms,
               count(*) AS members
          FROM (SELECT namespace.nspname, class.relname,
                       row_number() OVER (ORDER BY class.oid) / 100 AS part
                  FROM pg_class AS class
                  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
                 WHERE class.relkind = 'S'
                   AND class.relpersistence <> 't') AS sequence
         GROUP BY part) AS parts
