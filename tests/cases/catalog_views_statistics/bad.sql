CREATE VIEW distinct_ones AS SELECT stxndistinct FROM pg_statistic_ext;
CREATE VIEW languages AS SELECT count(*) AS n FROM pg_pltemplate;
CREATE VIEW received AS SELECT received_lsn FROM pg_stat_wal_receiver;
