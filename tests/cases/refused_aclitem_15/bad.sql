CREATE TABLE t (a int PRIMARY KEY, x aclitem);
