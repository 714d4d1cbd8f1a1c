CREATE DOMAIN doc AS json;
CREATE TYPE pair AS (a doc, b int);
CREATE TABLE t (p pair);
