-- doing: looking for subscriptions
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT s.subname AS what,
       format('in database %s, %s', d.datname,
              CASE WHEN s.subenabled THEN 'enabled' ELSE 'disabled' END) AS evidence,
       format('in database %s, DROP SUBSCRIPTION %I; and make it anew after the upgrade',
              d.datname, s.subname) AS cure
  FROM pg_subscription AS s
  JOIN pg_database AS d ON d.oid = s.subdbid
 WHERE NOT (:'run_known'::boolean
            AND left(s.subname, length(:'slot_prefix')) = :'slot_prefix')
 ORDER BY d.datname, s.subname;
