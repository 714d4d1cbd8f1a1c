CREATE TABLE filled (id integer PRIMARY KEY) WITH (autovacuum_enabled = off);
INSERT INTO filled SELECT generate_series(1, 20000);
