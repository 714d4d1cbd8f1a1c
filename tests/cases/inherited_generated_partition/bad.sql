CREATE TABLE part (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE part_1 (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS (a * 2) STORED);
ALTER TABLE part ATTACH PARTITION part_1 FOR VALUES IN (1);
CREATE TABLE one (a integer PRIMARY KEY, b integer);
CREATE TABLE two (a integer PRIMARY KEY, b integer);
CREATE TABLE child (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS (a * 2) STORED) INHERITS (one, two);
