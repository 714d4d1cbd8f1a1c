-- doing: looking which sequences moved since the cutover
-- returns: a row per sequence that stands elsewhere than on the other side: name, here and there (NULL:
--          not used yet), is_missing (there is none here)
-- needs: superuser; PostgreSQL 10 and newer; :{list} as sequences_read returns it there
-- reads
SELECT format('%s.%s', value.schema_name, value.sequence_name) AS name, own.last_value AS here,
       CASE WHEN value.is_called THEN value.last_value END AS there, class.oid IS NULL AS is_missing
  FROM (VALUES :{list}) AS value (schema_name, sequence_name, last_value, is_called)
  LEFT JOIN (pg_class AS class
             JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace)
         ON namespace.nspname = value.schema_name AND class.relname = value.sequence_name
        AND class.relkind = 'S'
  LEFT JOIN LATERAL pg_sequence_last_value(class.oid) AS own (last_value) ON class.oid IS NOT NULL
 WHERE class.oid IS NULL
    OR own.last_value IS DISTINCT FROM CASE WHEN value.is_called THEN value.last_value END
 ORDER BY 1
