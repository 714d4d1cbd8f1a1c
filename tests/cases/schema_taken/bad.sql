CREATE SCHEMA pgcutover;
CREATE TABLE pgcutover.marker (a int PRIMARY KEY);
