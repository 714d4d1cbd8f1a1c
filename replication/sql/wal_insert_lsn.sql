-- doing: reading the position for the clone
-- returns: one row: lsn
-- needs: nothing; PostgreSQL 10 and newer. Something is written behind it afterwards: rule B2.
-- reads
SELECT pg_current_wal_insert_lsn() AS lsn
