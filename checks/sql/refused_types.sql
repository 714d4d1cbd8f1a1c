-- doing: looking for columns of types that cannot be upgraded
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
WITH RECURSIVE inside (outer_type, inner_type) AS (
    SELECT oid, typbasetype FROM pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT oid, typelem FROM pg_type WHERE typtype = 'b' AND typelem <> 0
    UNION ALL
    SELECT rngtypid, rngsubtype FROM pg_range
    UNION ALL
    SELECT c.reltype, a.atttypid
      FROM pg_class AS c
      JOIN pg_attribute AS a ON a.attrelid = c.oid
     WHERE c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped
), refused (typid, reason) AS (
    SELECT t.oid, listed.typname
      FROM (VALUES ('regcollation', 0), ('regconfig', 0), ('regdictionary', 0),
                   ('regnamespace', 0), ('regoper', 0), ('regoperator', 0), ('regproc', 0),
                   ('regprocedure', 0), ('unknown', 100000), ('abstime', 120000),
                   ('reltime', 120000), ('tinterval', 120000), ('aclitem', 160000)
           ) AS listed (typname, since)
      JOIN pg_type AS t ON t.typname = listed.typname
                       AND t.typnamespace = 'pg_catalog'::regnamespace
     WHERE listed.since = 0
        OR current_setting('server_version_num')::int < listed.since
           AND (:'green_version'::int = 0 OR :'green_version'::int >= listed.since)
    UNION
    SELECT t.oid, 'sql_identifier'
      FROM pg_type AS t
      JOIN pg_namespace AS n ON n.oid = t.typnamespace
     WHERE t.typname = 'sql_identifier' AND n.nspname = 'information_schema'
       AND current_setting('server_version_num')::int < 120000
    UNION
    SELECT t.oid, t.typname
      FROM pg_type AS t
      JOIN pg_namespace AS n ON n.oid = t.typnamespace
     WHERE t.typtype = 'c' AND (t.oid < 16384 OR n.nspname = 'information_schema')
    UNION
    SELECT i.outer_type, r.reason
      FROM refused AS r
      JOIN inside AS i ON i.inner_type = r.typid
)
SELECT format('%s.%s.%s', n.nspname, c.relname, a.attname) AS what,
       'stores ' || string_agg(DISTINCT r.reason::text, ', ') AS evidence
  FROM refused AS r
  JOIN pg_attribute AS a ON a.atttypid = r.typid
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'm', 'i')
   AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast_)?temp_'
   AND c.oid >= 16384
 GROUP BY n.nspname, c.relname, a.attname
 ORDER BY n.nspname, c.relname, a.attname;
