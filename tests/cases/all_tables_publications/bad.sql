CREATE PUBLICATION warehouse FOR ALL TABLES;
-- its tables by name would be no finding
CREATE TABLE named (id integer PRIMARY KEY);
CREATE PUBLICATION by_name FOR TABLE named;
