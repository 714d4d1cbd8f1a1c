-- doing: advancing the replication origin
-- returns: one row: advanced, how many
-- needs: superuser; the subscription disabled and its worker gone. Rule B5: the xid makes the
--        advance part of a flushed commit.
SELECT count(pg_replication_origin_advance('pg_' || subscription.oid, :'L'::pg_lsn)) AS advanced,
       txid_current()
  FROM pg_subscription AS subscription
 WHERE subscription.subname = :'subscription'
   AND NOT subscription.subenabled
   AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
