CREATE TABLE audit (a int PRIMARY KEY);
ALTER TABLE audit OWNER TO pg_signal_backend;
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM pg_signal_backend;
CREATE TABLE ours (a int PRIMARY KEY);
REVOKE ALL ON ours FROM postgres;
CREATE TABLE plain (a int PRIMARY KEY);
ALTER TABLE plain OWNER TO pg_signal_backend;
