SELECT pg_drop_replication_slot('forgotten');
DROP TABLE wal_filler;
