CREATE TABLE queue (id integer PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO queue SELECT generate_series(1, 20000);
ANALYZE queue;
DELETE FROM queue WHERE id <= 11000;
-- the numbers of a session arrive when it ends
\connect
ANALYZE queue;
