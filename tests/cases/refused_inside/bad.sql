CREATE DOMAIN d AS regproc;
CREATE TYPE c AS (n int, p d);
CREATE TABLE t (a int PRIMARY KEY, x c, y regproc[]);
