CREATE TABLE item (id integer PRIMARY KEY, kind integer);
CREATE INDEX half ON item (kind);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass;
