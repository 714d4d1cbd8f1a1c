CREATE TABLE t (a int NOT NULL, b json, c float8);
CREATE UNIQUE INDEX t_a_b ON t (a) INCLUDE (c);
