CREATE TABLE item (id integer PRIMARY KEY, kind integer, name text);
CREATE INDEX half ON item (kind);
CREATE INDEX whole ON item (name);
CREATE INDEX whole_ccnew ON item (name);
UPDATE pg_index SET indisvalid = false
 WHERE indexrelid IN ('half'::regclass, 'whole_ccnew'::regclass);
