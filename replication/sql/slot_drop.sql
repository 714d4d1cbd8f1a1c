-- doing: dropping the slot
-- returns: a row per slot dropped
-- needs: superuser or REPLICATION; nobody may be using it. Only in the database that it decodes.
SELECT pg_drop_replication_slot(slot_name)
  FROM pg_replication_slots
 WHERE slot_name = :'slot' AND database = current_database()
