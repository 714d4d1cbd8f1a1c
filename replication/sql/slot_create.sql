-- doing: creating the slot (waits for every transaction that is open now)
-- returns: one row: lsn, the position from which it has everything
-- needs: superuser or REPLICATION; run in the database that it decodes. Rules A0, A5.
SELECT lsn FROM pg_create_logical_replication_slot(:'slot', 'pgoutput')
