CREATE TABLE t (n numeric);
