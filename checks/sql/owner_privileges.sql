-- doing: looking for owners without privileges on their own tables
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('its owner %s has no %s', r.rolname, lacking.list) AS evidence,
       format('GRANT %s ON %I.%I TO %I;', lacking.list, n.nspname, c.relname, r.rolname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_roles AS r ON r.oid = c.relowner
 CROSS JOIN LATERAL (
        SELECT string_agg(privilege, ', ' ORDER BY place) AS list
          FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'])
               WITH ORDINALITY AS wanted (privilege, place)
         WHERE has_table_privilege(r.oid, c.oid, privilege) IS NOT TRUE) AS lacking
 WHERE c.oid >= 16384 AND c.relkind = 'r' AND c.relpersistence = 'p'
   AND n.nspname <> 'pgcutover'
   AND NOT r.rolsuper
   AND lacking.list IS NOT NULL
   AND (:'green_version'::int = 0 OR :'green_version'::int >= 160000)
 ORDER BY n.nspname, c.relname;
