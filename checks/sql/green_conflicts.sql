-- doing: looking for conflicts of apply
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 18 and newer. An update of what was last changed here has been
--        applied: that one is no conflict for us.
-- reads
SELECT d.datname AS what,
       string_agg(format('%s %s', counter.number, counter.name), ', ' ORDER BY counter.name)
           AS evidence,
       format('SELECT pg_stat_reset_subscription_stats(%s); once its cause is cured, and verify '
              || 'has found no difference', s.oid) AS cure
  FROM pg_stat_subscription_stats AS stats
  JOIN pg_subscription AS s ON s.oid = stats.subid
  JOIN pg_database AS d ON d.oid = s.subdbid
 CROSS JOIN LATERAL jsonb_each_text(to_jsonb(stats)) AS counter (name, number)
 WHERE left(s.subname, length(:'slot_prefix')) = :'slot_prefix'
   AND counter.name LIKE 'confl\_%' AND counter.name <> 'confl_update_origin_differs'
   AND counter.number <> '0'
 GROUP BY d.datname, s.oid
 ORDER BY d.datname;
