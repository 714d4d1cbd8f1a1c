SELECT pg_drop_replication_slot('pgcutover_1');
