CREATE EXTENSION cube;
CREATE EXTENSION earthdistance;
CREATE TABLE t (a int PRIMARY KEY, latitude float8, longitude float8);
CREATE INDEX t_place ON t USING gist (ll_to_earth(latitude, longitude));
