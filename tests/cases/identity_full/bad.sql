CREATE TABLE t (a int, b text, at timestamptz);
ALTER TABLE t REPLICA IDENTITY FULL;
