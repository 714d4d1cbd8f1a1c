-- doing: looking for uses of functions whose polymorphic arguments have changed
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 to 13
-- reads
WITH changed AS (
    SELECT p.oid
      FROM pg_proc AS p
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
     WHERE n.nspname = 'pg_catalog'
       AND p.proname IN ('array_append', 'array_cat', 'array_prepend', 'array_remove',
                         'array_replace', 'array_position', 'array_positions', 'width_bucket')
       AND p.proargtypes::oid[] && ARRAY['anyarray'::regtype::oid]
), used (kind, oid, name, namespace) AS (
    SELECT 'aggregate', p.oid, p.proname, p.pronamespace
      FROM pg_aggregate AS a
      JOIN pg_proc AS p ON p.oid = a.aggfnoid
     WHERE (a.aggtransfn::oid IN (SELECT oid FROM changed)
            OR a.aggfinalfn::oid IN (SELECT oid FROM changed))
       AND a.aggtranstype IN ('anyarray'::regtype, 'anyelement'::regtype)
    UNION
    SELECT 'operator', o.oid, o.oprname, o.oprnamespace
      FROM pg_operator AS o
     WHERE o.oprcode::oid IN (SELECT oid FROM changed)
       AND o.oprleft IN ('anyarray'::regtype, 'anyelement'::regtype)
)
SELECT n.nspname || '.' || u.name AS what,
       'an ' || u.kind || ' over a function of arrays' AS evidence
  FROM used AS u
  JOIN pg_namespace AS n ON n.oid = u.namespace
 WHERE u.oid >= 16384 AND :'green_version'::int >= 140000
 ORDER BY n.nspname, u.name;
