-- doing: comparing green's tables with those of its subscription
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 15 and newer
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       CASE WHEN r.srsubstate IS NULL THEN 'green does not apply changes to it'
            ELSE format('its state is %s, ready is r', r.srsubstate) END AS evidence
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN (SELECT rel.srrelid, rel.srsubstate
               FROM pg_subscription_rel AS rel
               JOIN pg_subscription AS s ON s.oid = rel.srsubid
              WHERE left(s.subname, length(:'slot_prefix')) = :'slot_prefix'
                AND s.subdbid = (SELECT oid FROM pg_database
                                  WHERE datname = current_database())) AS r ON r.srrelid = c.oid
 WHERE :'green_ready'::boolean
   AND c.relkind = 'r' AND c.relpersistence = 'p' AND c.oid >= 16384
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
   AND coalesce(r.srsubstate, '') <> 'r'
 ORDER BY n.nspname, c.relname;
