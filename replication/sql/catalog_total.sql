-- doing: looking whether anything was written to the catalogs
-- returns: one row: total, how many rows there are, and since when we count; recent, how many were
--          written since then
-- needs: catalog_since on the same session; PostgreSQL 10 and newer. Half the work of catalog_look: as
--        long as the total is the same and nothing is recent, that one has nothing new to say.
-- reads
WITH since AS (
    SELECT age((current_setting('pgcutover.since', true)::bigint % 4294967296)::text::xid) AS age
), rows AS (
    SELECT xmin FROM pg_class WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL
    SELECT xmin FROM pg_attrdef WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_index WHERE indexrelid >= 16384
    UNION ALL
    SELECT xmin FROM pg_constraint WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_type WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_enum WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_proc WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_trigger WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_rewrite WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_policy WHERE oid >= 16384
    UNION ALL
    SELECT xmin FROM pg_sequence WHERE seqrelid >= 16384
    UNION ALL
    SELECT xmin FROM pg_inherits
    UNION ALL
    SELECT xmin FROM pg_namespace
    UNION ALL
    SELECT xmin FROM pg_extension
    UNION ALL
    SELECT xmin FROM pg_default_acl
)
SELECT concat_ws(' ', count(*), (SELECT max(oid) FROM pg_largeobject_metadata),
                 current_setting('pgcutover.since', true)) AS total,
       count(*) FILTER (WHERE age(xmin) BETWEEN 0 AND (SELECT age FROM since)) AS recent
  FROM rows
