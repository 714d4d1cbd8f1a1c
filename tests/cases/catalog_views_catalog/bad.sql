CREATE VIEW with_oids AS SELECT relname FROM pg_class WHERE relhasoids;
CREATE MATERIALIZED VIEW kept AS SELECT datname, datlastsysoid FROM pg_database WITH NO DATA;
CREATE VIEW fine AS SELECT relname, relkind FROM pg_class;
