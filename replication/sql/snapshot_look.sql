-- doing: reading the snapshot
-- returns: one row: snapshot, xmin, xmax
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT snapshot::text AS snapshot,
       txid_snapshot_xmin(snapshot) AS xmin,
       txid_snapshot_xmax(snapshot) AS xmax
  FROM txid_current_snapshot() AS snapshot
