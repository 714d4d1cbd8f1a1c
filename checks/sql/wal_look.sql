-- doing: measuring how much WAL blue writes
-- returns: one row, of a standby none: lsn (bytes from 0/0), kept_bytes and kept_seconds (written since
--          the oldest segment that is kept was full; 0: there is none), segment_bytes, slot_limit_mb
--          (max_slot_wal_keep_size; -1: none), data_directory, postmaster (pid and start of the
--          server, as in postmaster.pid)
-- needs: superuser (pg_ls_waldir, pg_read_file); PostgreSQL 10 and newer. Segments that were made
--        ahead have later names than the one that is written.
-- reads
WITH now AS (
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS lsn,
           pg_walfile_name(pg_current_wal_insert_lsn()) AS segment,
           (SELECT setting::bigint * CASE unit WHEN '8kB' THEN 8192 ELSE 1 END
              FROM pg_settings WHERE name = 'wal_segment_size') AS size
     WHERE NOT pg_is_in_recovery()
), kept AS (
    SELECT w.name, w.modification
      FROM pg_ls_waldir() AS w, now
     WHERE w.name ~ '^[0-9A-F]{24}$'
       AND substr(w.name, 9) COLLATE "C" < substr(now.segment, 9) COLLATE "C"
     ORDER BY substr(w.name, 9) COLLATE "C"
     LIMIT 1
), full_at AS (
    SELECT ((('x' || substr(kept.name, 9, 8))::bit(32)::bigint * (4294967296 / now.size))
            + ('x' || substr(kept.name, 17, 8))::bit(32)::bigint + 1) * now.size AS lsn,
           kept.modification
      FROM kept, now
)
SELECT now.lsn::bigint AS lsn,
       coalesce((SELECT (now.lsn - full_at.lsn)::bigint FROM full_at), 0) AS kept_bytes,
       coalesce((SELECT extract(epoch FROM clock_timestamp() - modification)::bigint
                   FROM full_at), 0) AS kept_seconds,
       now.size::bigint AS segment_bytes,
       coalesce((SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size'), '-1')::bigint
           AS slot_limit_mb,
       current_setting('data_directory') AS data_directory,
       (SELECT split_part(content, E'\n', 1) || ' ' || split_part(content, E'\n', 3)
          FROM pg_read_file('postmaster.pid') AS content) AS postmaster
  FROM now;
