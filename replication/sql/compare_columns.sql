-- doing: comparing tables, views and their columns
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer. From 17 on partitions have the identity of their parent,
--        before they have none: only the parent's is compared.
-- reads
WITH relation AS (
    SELECT c.oid, c.relkind, n.nspname || '.' || c.relname AS name, c.relreplident,
           c.relpersistence, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
           (SELECT string_agg(pn.nspname || '.' || p.relname, ', ' ORDER BY i.inhseqno)
              FROM pg_inherits AS i
              JOIN pg_class AS p ON p.oid = i.inhparent
              JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
             WHERE i.inhrelid = c.oid) AS parents
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcutover')
       AND n.nspname !~ '^pg_(toast_)?temp_[0-9]+$'
       AND NOT EXISTS (SELECT FROM pg_depend AS d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                          AND d.objsubid = 0 AND d.deptype = 'e')
       AND NOT EXISTS (SELECT FROM pg_type AS t
                         JOIN pg_depend AS d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid
                        WHERE c.relkind = 'c' AND t.oid = c.reltype AND d.deptype = 'e')
)
SELECT format('relation %s, kind %s, persistence %s, identity %s, row security %s %s%s', name,
              relkind, relpersistence, relreplident, relrowsecurity, relforcerowsecurity,
              coalesce(', child of ' || parents, '')) AS item
  FROM relation
UNION ALL
SELECT format('column %s.%s, %s%s%s%s%s%s', r.name, a.attname,
              CASE WHEN tn.nspname = 'pg_catalog' THEN format_type(a.atttypid, a.atttypmod)
                   WHEN e.typarray = t.oid THEN format('%s.%s[]', tn.nspname, e.typname)
                   ELSE tn.nspname || '.' || t.typname END,
              CASE WHEN tn.nspname <> 'pg_catalog' AND a.atttypmod <> -1
                   THEN format(' modifier %s', a.atttypmod) ELSE '' END,
              CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
              CASE WHEN a.attidentity <> '' AND NOT r.relispartition THEN format(' identity %s', a.attidentity) ELSE '' END,
              CASE WHEN a.attgenerated <> '' THEN format(' generated %s', a.attgenerated)
                   WHEN a.atthasdef THEN ' default' ELSE '' END,
              CASE WHEN a.attcollation <> t.typcollation
                   THEN format(' collation %s.%s', cn.nspname, c.collname) ELSE '' END)
  FROM relation AS r
  JOIN (SELECT found.*
          FROM (VALUES (CAST('' AS "char"))) AS missing (attgenerated),
               LATERAL (SELECT attrelid, attname, attnum, atttypid, atttypmod, attnotnull,
                               attidentity, atthasdef, attcollation, attgenerated
                          FROM pg_attribute
                         WHERE attnum > 0 AND NOT attisdropped) AS found) AS a
    ON a.attrelid = r.oid
  JOIN pg_type AS t ON t.oid = a.atttypid
  JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_type AS e ON e.oid = t.typelem
  LEFT JOIN pg_collation AS c ON c.oid = a.attcollation
  LEFT JOIN pg_namespace AS cn ON cn.oid = c.collnamespace;
