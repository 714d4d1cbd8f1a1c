CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gist;
CREATE TABLE t (a int PRIMARY KEY, name citext CHECK (name ~ 'x' AND name <> 'y'), more hstore CHECK (more ? 'a'),
                during int4range, EXCLUDE USING gist (a WITH =, during WITH &&));
CREATE INDEX t_name ON t (lower(name));
CREATE INDEX t_more ON t ((more -> 'a'));
CREATE INDEX t_trgm ON t USING gin ((name::text) gin_trgm_ops);
