-- doing: looking whether green applies
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 15 and newer
-- reads
SELECT d.datname AS what,
       CASE WHEN s.oid IS NULL THEN 'it has no subscription of ours'
            WHEN NOT s.subenabled THEN 'its subscription is disabled'
            ELSE 'its subscription has no worker' END AS evidence,
       CASE WHEN s.oid IS NULL THEN 'pgcutover abort --execute, then prepare again'
            WHEN NOT s.subenabled
                THEN 'cure what green''s log names, then pgcutover prepare --execute' END AS cure
  FROM pg_database AS d
  LEFT JOIN pg_subscription AS s ON s.subdbid = d.oid
        AND left(s.subname, length(:'slot_prefix')) = :'slot_prefix'
  LEFT JOIN pg_stat_subscription AS w ON w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL
 WHERE :'green_ready'::boolean AND NOT d.datistemplate
   AND (s.oid IS NULL OR NOT s.subenabled OR w.pid IS NULL)
 ORDER BY d.datname;
