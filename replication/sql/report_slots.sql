-- doing: reading the replication slots, for the report
-- returns: a row per slot: slot_name, database, active, restart_lsn, confirmed_flush_lsn
-- needs: any login; PostgreSQL 10 and newer. The report shows this text: it is to be typed by people, too.
-- reads
SELECT slot_name, database, active, restart_lsn, confirmed_flush_lsn
  FROM pg_replication_slots ORDER BY slot_name
