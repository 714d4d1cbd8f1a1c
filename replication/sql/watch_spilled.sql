-- doing: reading what decoding wrote to disk
-- returns: a row per logical slot: slot_name, spilled (bytes since its counters began)
-- needs: pg_monitor; PostgreSQL 14 and newer
-- reads
SELECT slot_name, spill_bytes AS spilled FROM pg_stat_replication_slots
