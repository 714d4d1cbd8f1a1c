CREATE TABLE t (a int, filler text);
ALTER TABLE t ALTER filler SET STORAGE PLAIN;
CREATE INDEX ON t (a);
INSERT INTO t SELECT n, repeat('x', 2000) FROM generate_series(1, 9000) AS n;
UPDATE t SET a = a WHERE a <= 10;
\connect -
-- statistics are written by a session's end, up to 14 by another process
DO $$
BEGIN
    WHILE pg_stat_get_tuples_updated('t'::regclass) = 0 LOOP
        PERFORM pg_stat_clear_snapshot();
        PERFORM pg_sleep(0.01);
    END LOOP;
END$$;
