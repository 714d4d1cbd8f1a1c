CREATE VIEW checkpoints AS SELECT checkpoints_timed, buffers_backend FROM pg_stat_bgwriter;
CREATE VIEW cleaned AS SELECT buffers_clean FROM pg_stat_bgwriter;
CREATE VIEW named AS SELECT 1 AS checkpoints_req;
