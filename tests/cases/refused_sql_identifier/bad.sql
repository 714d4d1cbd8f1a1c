CREATE TABLE t (a int PRIMARY KEY, x information_schema.sql_identifier);
