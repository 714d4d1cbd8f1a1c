-- doing: reading the sequences
-- returns: one row: list, rows of a VALUES list; count
-- needs: superuser; the statement that sequences_list made
-- reads
SELECT string_agg(format('(%L, %L, %s::bigint, %L::boolean)', schema_name, sequence_name, last_value,
                         is_called), ', ') AS list,
       count(*) AS count
  FROM (:{statement}) AS sequence
