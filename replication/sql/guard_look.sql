-- doing: looking for the event triggers that refuse DDL
-- returns: one row: count, of 3 when all are there, disabled ones included
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT count(*)
  FROM pg_event_trigger AS t
  JOIN pg_proc AS p ON p.oid = t.evtfoid
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE t.evtname IN ('pgcutover_refuse_ddl', 'pgcutover_refuse_drop',
                     'pgcutover_refuse_concurrently')
   AND n.nspname = 'pgcutover'
