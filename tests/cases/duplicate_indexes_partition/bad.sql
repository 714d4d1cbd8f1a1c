CREATE TABLE part (a integer PRIMARY KEY, b integer) PARTITION BY LIST (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
CREATE INDEX part_1_own ON part_1 (b);
CREATE INDEX part_1_b ON part_1 (b);
CREATE INDEX part_b ON ONLY part (b);
ALTER INDEX part_b ATTACH PARTITION part_1_b;
