CREATE TABLE t (a int PRIMARY KEY, x regclass, y regtype, z regrole);
CREATE VIEW v AS SELECT 'now'::regproc AS p;
