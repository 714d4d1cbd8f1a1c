-- doing: looking at the age of the oldest transaction ids
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT d.datname AS what,
       format('%s transactions and %s multixacts old, autovacuum acts at %s and %s', d.xids,
              d.multixacts, s.xids, s.multixacts) AS evidence,
       'VACUUM (FREEZE); in this database' AS cure
  FROM (SELECT datname, age(datfrozenxid)::bigint AS xids,
               mxid_age(datminmxid)::bigint AS multixacts
          FROM pg_database
         WHERE datallowconn) AS d,
       (SELECT current_setting('autovacuum_freeze_max_age')::bigint AS xids,
               current_setting('autovacuum_multixact_freeze_max_age')::bigint AS multixacts) AS s
 WHERE d.xids > s.xids + s.xids / 4 OR d.multixacts > s.multixacts + s.multixacts / 4
 ORDER BY d.xids DESC, d.datname;
