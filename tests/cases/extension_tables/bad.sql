-- what CREATE EXTENSION does, without an extension that would have to be installed
CREATE TABLE spatial_like (id integer PRIMARY KEY);
INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
SELECT 'pg_class'::regclass, 'spatial_like'::regclass, 0, 'pg_extension'::regclass, oid, 0, 'e'
  FROM pg_extension WHERE extname = 'plpgsql';
