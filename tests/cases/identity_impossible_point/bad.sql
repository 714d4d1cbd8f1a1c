CREATE TABLE t (where_it_is point);
