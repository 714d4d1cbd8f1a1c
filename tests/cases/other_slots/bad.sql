SELECT pg_create_logical_replication_slot('warehouse', 'pgoutput');
