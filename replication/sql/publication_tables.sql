-- doing: listing the published tables
-- returns: one row: tables, a JSON array of [schema, table], ordered by name bytes; count
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT coalesce(json_agg(json_build_array(schemaname, tablename)
                         ORDER BY schemaname, tablename), '[]')::text AS tables,
       count(*) AS count
  FROM pg_publication_tables
 WHERE pubname = 'pgcutover'
