-- doing: setting the sequences
-- returns: one row: count, how many were set
-- needs: superuser; values read inside the fence, so they are exact. PostgreSQL 10 and newer. Where
--        clients have been before (:'keeps') a sequence that stands further here, whoever moved it,
--        stays there: never backwards (rule F1). One that cycles has no such order. A value that the
--        sequence cannot have here, as it was widened there, is an error; where what was written there
--        may be lost (:'loses') it ends the sequence here, as if its last number had been given out.
SELECT count(setval(wanted.oid::regclass,
                    CASE WHEN wanted.is_further THEN wanted.own ELSE wanted.last_value END,
                    wanted.is_called OR wanted.is_further)) AS count
  FROM (SELECT class.oid, fit.last_value, own.last_value AS own,
               value.is_called OR fit.last_value <> value.last_value AS is_called,
               coalesce(:'keeps'::boolean AND NOT sequence.seqcycle
                        AND sign(sequence.seqincrement) * own.last_value
                            >= sign(sequence.seqincrement) * fit.last_value, false) AS is_further
          FROM (VALUES :{list}) AS value (schema_name, sequence_name, last_value, is_called)
          JOIN pg_namespace AS namespace ON namespace.nspname = value.schema_name
          JOIN pg_class AS class ON class.relnamespace = namespace.oid
                                AND class.relname = value.sequence_name AND class.relkind = 'S'
          JOIN pg_sequence AS sequence ON sequence.seqrelid = class.oid
         CROSS JOIN LATERAL (SELECT CASE WHEN :'loses'::boolean
                                         THEN greatest(least(value.last_value, sequence.seqmax),
                                                       sequence.seqmin)
                                         ELSE value.last_value END) AS fit (last_value)
         CROSS JOIN LATERAL pg_sequence_last_value(class.oid) AS own (last_value)) AS wanted
