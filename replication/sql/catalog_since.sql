-- doing: beginning to watch the schema
-- returns: one row: since, the oldest transaction that may still change something
-- needs: nothing; PostgreSQL 10 and newer. It is left in pgcutover.since of the session.
-- reads
SELECT set_config('pgcutover.since', txid_snapshot_xmin(txid_current_snapshot())::text, false) AS since
