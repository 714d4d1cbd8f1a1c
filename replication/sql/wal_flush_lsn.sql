-- doing: reading the flushed position
-- returns: one row: lsn
-- needs: nothing; PostgreSQL 10 and newer. Never the insert position: a walsender may not be able to
--        reach it (rule C2).
-- reads
SELECT pg_current_wal_flush_lsn() AS lsn
