-- doing: looking whether the schema changed
-- returns: one row: form, which stays the same as long as nothing is dropped or changed in place of what
--          it covers; since, as catalog_since set it; recent, catalog rows written since then; names
--          of a few of these
-- needs: catalog_since on the same session; PostgreSQL 10 and newer. Objects of users only (oids from
--        16384 on), by the catalogs' indexes: rows written by that transaction or a later one, and
--        how many there are, for what is dropped. TRUNCATE, REINDEX and the like write pg_class,
--        which is therefore compared by content; ANALYZE writes in place. Temporary objects are left
--        out: they end with their sessions; and TOAST tables, which REFRESH and CLUSTER make anew.
--        Comments are not looked at. A row keeps its xmin when it is frozen: an age below zero is
--        that of one older than two billion transactions.
-- reads
WITH since AS (
    SELECT age((current_setting('pgcutover.since', true)::bigint % 4294967296)::text::xid) AS age
), passing AS (
    SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast|temp)'
), relation AS (
    SELECT oid, relname, relnamespace, relowner, relkind, relpersistence, relnatts, relchecks,
           relhasrules, relhastriggers, relhassubclass, relrowsecurity, relforcerowsecurity,
           relreplident, relispartition, relacl, reloptions
      FROM pg_class -- up to 11 its oid is none of *
     WHERE oid >= 16384 AND relnamespace NOT IN (SELECT oid FROM passing)
), recent AS (
    SELECT name
      FROM (SELECT 'column ' || attrelid::regclass || '.' || attname, xmin
              FROM pg_attribute WHERE attrelid IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'default of ' || adrelid::regclass, xmin
              FROM pg_attrdef WHERE adrelid IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'index ' || indexrelid::regclass, xmin
              FROM pg_index WHERE indexrelid IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'constraint ' || conname, xmin
              FROM pg_constraint
             WHERE oid >= 16384 AND connamespace NOT IN (SELECT oid FROM passing)
            UNION ALL
            SELECT 'type ' || typname, xmin
              FROM pg_type WHERE oid >= 16384 AND typnamespace NOT IN (SELECT oid FROM passing)
            UNION ALL
            SELECT 'enum ' || enumtypid::regtype, xmin
              FROM pg_enum
             WHERE enumtypid IN (SELECT oid FROM pg_type
                                  WHERE typnamespace NOT IN (SELECT oid FROM passing))
            UNION ALL
            SELECT 'function ' || proname, xmin
              FROM pg_proc WHERE oid >= 16384 AND pronamespace NOT IN (SELECT oid FROM passing)
            UNION ALL
            SELECT 'trigger ' || tgname, xmin
              FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'view or rule ' || ev_class::regclass, xmin
              FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'policy ' || polname, xmin
              FROM pg_policy WHERE polrelid IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'sequence ' || seqrelid::regclass, xmin
              FROM pg_sequence WHERE seqrelid IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'inheritance of ' || inhrelid::regclass, xmin
              FROM pg_inherits WHERE inhrelid IN (SELECT oid FROM relation)
            UNION ALL
            SELECT 'schema ' || nspname, xmin
              FROM pg_namespace WHERE oid NOT IN (SELECT oid FROM passing)
            UNION ALL
            SELECT 'extension ' || extname, xmin FROM pg_extension
            UNION ALL
            SELECT 'default privileges', xmin FROM pg_default_acl) AS written (name, by)
     WHERE age(by) BETWEEN 0 AND (SELECT age FROM since)
), relations AS (
    SELECT count(*) AS count,
           sum(hashtext(concat_ws('|', oid, relname, relnamespace, relowner, relkind, relpersistence,
                                  relnatts, relchecks, relhasrules, relhastriggers, relhassubclass,
                                  relrowsecurity, relforcerowsecurity, relreplident, relispartition,
                                  relacl, reloptions))::bigint) AS sum
      FROM relation
)
SELECT concat_ws(' ', relations.count, relations.sum,
                 (SELECT count(*) FROM pg_constraint
                   WHERE oid >= 16384 AND connamespace NOT IN (SELECT oid FROM passing)),
                 (SELECT count(*) FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM relation)),
                 (SELECT count(*) FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM relation)),
                 (SELECT count(*) FROM pg_policy WHERE polrelid IN (SELECT oid FROM relation)),
                 (SELECT count(*) FROM pg_proc
                   WHERE oid >= 16384 AND pronamespace NOT IN (SELECT oid FROM passing)),
                 (SELECT count(*) FROM pg_enum
                   WHERE enumtypid IN (SELECT oid FROM pg_type
                                        WHERE typnamespace NOT IN (SELECT oid FROM passing))),
                 (SELECT count(*) FROM pg_type
                   WHERE oid >= 16384 AND typnamespace NOT IN (SELECT oid FROM passing)),
                 (SELECT count(*) FROM pg_extension),
                 (SELECT count(*) FROM pg_namespace WHERE oid NOT IN (SELECT oid FROM passing)),
                 (SELECT count(*) FROM pg_default_acl),
                 (SELECT max(oid) FROM pg_largeobject_metadata)) AS form,
       current_setting('pgcutover.since', true) AS since,
       (SELECT count(*) FROM recent) AS recent,
       (SELECT string_agg(name, ', ') FROM (SELECT DISTINCT name FROM recent LIMIT 4) AS few) AS names
  FROM relations
