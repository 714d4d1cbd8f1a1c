CREATE TABLE t (a int PRIMARY KEY, x pg_class);
