-- doing: looking whether the schema changed
-- returns: one row: form, which stays the same as long as nothing is created, dropped or changed in what
--          it covers; since, as catalog_since set it; recent, catalog rows written since then; names
--          of a few of these
-- needs: catalog_since on the same session; PostgreSQL 10 and newer. Objects of users only (oids from
--        16384 on), by the catalogs' indexes: rows written by that transaction or a later one, and
--        how many there are, for what is dropped. TRUNCATE, REINDEX and the like write pg_class,
--        which is therefore compared by content; ANALYZE writes in place. Temporary objects are left
--        out: they end with their sessions. Comments are not looked at.
-- reads
WITH since AS (
    SELECT age((current_setting('pgcutover.since', true)::bigint % 4294967296)::text::xid) AS age
), recent AS (
    SELECT 'column ' || attrelid::regclass || '.' || attname AS name
      FROM pg_attribute WHERE attrelid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'default of ' || adrelid::regclass
      FROM pg_attrdef WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'index ' || indexrelid::regclass
      FROM pg_index WHERE indexrelid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'constraint ' || conname
      FROM pg_constraint WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'type ' || typname
      FROM pg_type WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'enum ' || enumtypid::regtype
      FROM pg_enum WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'function ' || proname
      FROM pg_proc WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'trigger ' || tgname
      FROM pg_trigger WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'view or rule ' || ev_class::regclass
      FROM pg_rewrite WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'policy ' || polname
      FROM pg_policy WHERE oid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'sequence ' || seqrelid::regclass
      FROM pg_sequence WHERE seqrelid >= 16384 AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'inheritance of ' || inhrelid::regclass
      FROM pg_inherits WHERE age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'schema ' || nspname
      FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
                          AND age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'extension ' || extname
      FROM pg_extension WHERE age(xmin) <= (SELECT age FROM since)
    UNION ALL
    SELECT 'default privileges' FROM pg_default_acl WHERE age(xmin) <= (SELECT age FROM since)
), relations AS (
    SELECT count(*) AS count,
           sum(hashtext(concat_ws('|', oid, relname, relnamespace, relowner, relkind, relpersistence,
                                  relnatts, relchecks, relhasrules, relhastriggers, relhassubclass,
                                  relrowsecurity, relforcerowsecurity, relreplident, relispartition,
                                  relacl, reloptions))::bigint) AS sum
      FROM pg_class WHERE oid >= 16384 AND relpersistence <> 't'
)
SELECT concat_ws(' ', relations.count, relations.sum,
                 (SELECT count(*) FROM pg_constraint AS it JOIN pg_class ON pg_class.oid = conrelid
                   WHERE it.oid >= 16384 AND relpersistence <> 't'),
                 (SELECT count(*) FROM pg_trigger AS it JOIN pg_class ON pg_class.oid = tgrelid
                   WHERE it.oid >= 16384 AND relpersistence <> 't'),
                 (SELECT count(*) FROM pg_rewrite WHERE oid >= 16384),
                 (SELECT count(*) FROM pg_policy WHERE oid >= 16384),
                 (SELECT count(*) FROM pg_proc WHERE oid >= 16384),
                 (SELECT count(*) FROM pg_enum WHERE oid >= 16384),
                 (SELECT count(*) FROM pg_extension),
                 (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
                 (SELECT count(*) FROM pg_default_acl),
                 (SELECT max(oid) FROM pg_largeobject_metadata)) AS form,
       current_setting('pgcutover.since', true) AS since,
       (SELECT count(*) FROM recent) AS recent,
       (SELECT string_agg(name, ', ') FROM (SELECT DISTINCT name FROM recent LIMIT 4) AS few) AS names
  FROM relations
