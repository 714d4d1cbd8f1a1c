-- doing: setting the sequences
-- returns: one row: count, how many were set
-- needs: superuser; values read inside the fence, so they are exact
SELECT count(setval(format('%I.%I', schema_name, sequence_name)::regclass, last_value, is_called))
           AS count
  FROM (VALUES :{list}) AS value (schema_name, sequence_name, last_value, is_called)
