SELECT pg_drop_replication_slot('replica_1');
