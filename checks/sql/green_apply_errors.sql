-- doing: looking for errors of apply
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 15 and newer. A connection to blue that was lost is one too.
-- reads
SELECT d.datname AS what, format('%s since the numbers were last reset', stats.apply_error_count)
           AS evidence,
       format('SELECT pg_stat_reset_subscription_stats(%s); once green''s log has shown that its '
              || 'cause is gone', s.oid) AS cure
  FROM pg_stat_subscription_stats AS stats
  JOIN pg_subscription AS s ON s.oid = stats.subid
  JOIN pg_database AS d ON d.oid = s.subdbid
 WHERE left(s.subname, length(:'slot_prefix')) = :'slot_prefix'
   AND stats.apply_error_count <> 0
 ORDER BY d.datname;
