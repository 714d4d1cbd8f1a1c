CREATE TABLE t (x xml);
