-- doing: looking for event triggers
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT e.evtname AS what,
       format('on %s, calls %s.%s', e.evtevent, n.nspname, p.proname) AS evidence,
       format('ALTER EVENT TRIGGER %I DISABLE;', e.evtname) AS cure
  FROM pg_event_trigger AS e
  JOIN pg_proc AS p ON p.oid = e.evtfoid
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE e.evtenabled <> 'D'
   AND n.nspname <> 'pgcutover'
   AND NOT EXISTS (SELECT FROM pg_depend AS d
                    WHERE d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid
                      AND d.deptype = 'e')
 ORDER BY e.evtname;
