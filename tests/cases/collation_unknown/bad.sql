CREATE TABLE t (id integer PRIMARY KEY, a text COLLATE "en-x-icu" UNIQUE, b text COLLATE "C" UNIQUE);
