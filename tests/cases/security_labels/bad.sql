CREATE TABLE t (a int PRIMARY KEY);
-- as a provider does it, which no package has
INSERT INTO pg_seclabel VALUES ('t'::regclass, 'pg_class'::regclass, 0, 'selinux', 'secret');
