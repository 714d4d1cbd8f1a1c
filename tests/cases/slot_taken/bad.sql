SELECT pg_create_logical_replication_slot('pgcutover_1', 'pgoutput');
