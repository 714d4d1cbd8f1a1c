CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE "en-x-icu", b text COLLATE "C" UNIQUE);
CREATE INDEX ON t (a text_pattern_ops);
CREATE INDEX ON t USING hash (a);
