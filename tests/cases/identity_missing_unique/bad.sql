CREATE TABLE t (a int NOT NULL UNIQUE, b json);
