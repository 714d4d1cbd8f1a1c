-- doing: comparing how far sequences have gone
-- returns: a row each: name; is_ordered, false for one that cycles; reached, the last value given
--          out, counted in the sequence's direction; told, where it stands
-- needs: superuser; the statement that sequences_list made
-- reads
SELECT format('%s.%s', value.schema_name, value.sequence_name) AS name,
       NOT sequence.seqcycle AS is_ordered,
       least(greatest(sign(sequence.seqincrement) * value.last_value::numeric
                      - CASE WHEN value.is_called THEN 0 ELSE abs(sequence.seqincrement::numeric) END,
                      -9223372036854775808), 9223372036854775807)::bigint AS reached,
       value.last_value AS told
  FROM (:{statement}) AS value
  JOIN pg_namespace AS namespace ON namespace.nspname = value.schema_name
  JOIN pg_class AS class ON class.relnamespace = namespace.oid
                        AND class.relname = value.sequence_name AND class.relkind = 'S'
  JOIN pg_sequence AS sequence ON sequence.seqrelid = class.oid
