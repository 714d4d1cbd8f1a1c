CREATE TABLE sorted (id integer PRIMARY KEY, a text COLLATE "en-x-icu" UNIQUE);
