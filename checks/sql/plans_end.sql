-- doing: ending a transaction that only read
-- returns: nothing that is looked at
-- needs: any login; PostgreSQL 10 and newer. Neither what was prepared nor advisory locks end with the
--        transaction.
-- reads
ROLLBACK;
DEALLOCATE ALL;
SELECT pg_catalog.pg_advisory_unlock_all()
