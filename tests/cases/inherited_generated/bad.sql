CREATE TABLE parent (a integer PRIMARY KEY, b integer);
CREATE TABLE child (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS (a * 2) STORED) INHERITS (parent);
CREATE TABLE same_parent (a integer PRIMARY KEY, b integer GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE same_child (PRIMARY KEY (a)) INHERITS (same_parent);
