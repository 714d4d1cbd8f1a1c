-- doing: looking for subscriptions
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer. DROP SUBSCRIPTION alone drops the slot of the publisher too,
--        and with it what is sent until somebody makes another.
-- reads
SELECT s.subname AS what,
       format('in database %s, %s, %s', d.datname,
              CASE WHEN s.subenabled THEN 'enabled' ELSE 'disabled' END,
              coalesce('slot ' || s.subslotname, 'without a slot')) AS evidence,
       format('in database %s, ALTER SUBSCRIPTION %2$I DISABLE; when its worker has ended, note '
              'remote_lsn of pg_replication_origin_status where external_id is pg_%3$s; then ALTER '
              'SUBSCRIPTION %2$I SET (slot_name = NONE); DROP SUBSCRIPTION %2$I; and behind the '
              'switch, on green, CREATE SUBSCRIPTION %2$I with slot_name = %4$s, create_slot = '
              'false, copy_data = false, enabled = false, pg_replication_origin_advance to what was '
              'noted, and ENABLE: the publisher keeps its WAL until then; or plan a new copy of its '
              'tables', d.datname, s.subname, s.oid, coalesce(quote_ident(s.subslotname), '...'))
           AS cure
  FROM pg_subscription AS s
  JOIN pg_database AS d ON d.oid = s.subdbid
 WHERE NOT (:'run_known'::boolean
            AND left(s.subname, length(:'slot_prefix')) = :'slot_prefix')
 ORDER BY d.datname, s.subname;
