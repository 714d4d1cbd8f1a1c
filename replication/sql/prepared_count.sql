-- doing: looking for prepared transactions
-- returns: one row: count, and the oldest's gid
-- needs: nothing. COMMIT PREPARED passes a read-only fence (rule D1).
-- reads
SELECT count(*) AS count, min(gid) AS gid FROM pg_prepared_xacts
