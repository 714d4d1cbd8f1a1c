CREATE TABLE queue (id integer PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO queue SELECT generate_series(1, 20000);
DELETE FROM queue WHERE id <= 11000;
-- the numbers of a session arrive when it has ended; what is analyzed before that counts as changed
\connect
DO $$
BEGIN
    FOR attempt IN 1 .. 1000 LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN (SELECT n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = 'queue') >= 31000;
        PERFORM pg_sleep(0.02);
    END LOOP;
END
$$;
ANALYZE queue;
