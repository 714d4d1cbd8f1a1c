LOCK TABLE pg_catalog.pg_largeobject_metadata IN ACCESS EXCLUSIVE MODE;
LOCK TABLE pg_catalog.pg_publication IN ACCESS EXCLUSIVE MODE;
