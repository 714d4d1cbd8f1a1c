-- doing: creating the slot (waits for every transaction that is open now)
-- returns: one row: lsn, the position from which it has everything
-- needs: superuser or REPLICATION; run in the database that it decodes. Rules A0, A5.
--        That wait is a lock's (SnapBuildWaitSnapshot): our session's lock_timeout would end it
--        while it harms nobody. statement_timeout bounds it. (The slot is not a temporary one.)
SELECT made.lsn
  FROM set_config('lock_timeout', '0', true) AS unlimited (value),
       LATERAL pg_create_logical_replication_slot(:'slot', 'pgoutput',
                                                  unlimited.value <> '0') AS made
