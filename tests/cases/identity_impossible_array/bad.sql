CREATE TABLE t (a json[], b int);
