-- doing: looking whether a role may look passwords up as a pooler does
-- returns: one row: seen, how many tables and functions the query was seen to name; refused, the first
--          that the role may not use, NULL when there is none
-- needs: superuser; PostgreSQL 10 and newer. A query without literals and without semicolons: it is
--        parsed only, neither planned nor run. Both would call functions of others, who could RESET
--        ROLE; and so could a literal of a type that has a domain in it. What follows the PREPARE
--        is qualified, and without operators, until search_path is our own again.
-- reads
BEGIN READ ONLY;
SELECT set_config('search_path', coalesce(
         (SELECT substr(line, length('search_path=') + 1)
            FROM pg_db_role_setting AS kept
            JOIN unnest(kept.setconfig) AS line ON line LIKE 'search\_path=%'
           WHERE kept.setdatabase IN (0, (SELECT oid FROM pg_database
                                           WHERE datname = current_database()))
             AND kept.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = :'user'))
           ORDER BY kept.setrole = 0, kept.setdatabase = 0
           LIMIT 1),
         (SELECT setting FROM pg_file_settings WHERE name = 'search_path' AND applied
           ORDER BY seqno DESC LIMIT 1),
         '"$user", public'), true);
SET LOCAL ROLE :"user";
PREPARE pgcutover_auth_query AS :{query}
;
SELECT pg_catalog.set_config('pgcutover.schemas', pg_catalog.format('%s', pg_catalog.current_schemas(true)), true);
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL ROLE NONE;
WITH part AS (
    SELECT parse_ident(word[2]) AS name, word[3] IS NOT NULL AS is_function
      FROM regexp_matches(regexp_replace(:'query', '/\*.*?\*/', ' ', 'g'),
             '(\m(?:from|join)\s+(?:only\s+)?)?'
             '((?:\m[[:alpha:]_][\w$]*|"[^"]+")(?:\s*\.\s*(?:[[:alpha:]_][\w$]*|"[^"]+"))*)\s*(\()?',
             'gi') AS word
     WHERE word[1] IS NOT NULL OR word[3] IS NOT NULL
), named AS (
    SELECT name[array_upper(name, 1)] AS name, name[array_upper(name, 1) - 1] AS schema, is_function
      FROM part
), path AS (
    SELECT schema.oid, place
      FROM unnest(current_setting('pgcutover.schemas')::text[]) WITH ORDINALITY AS each (name, place)
      JOIN pg_namespace AS schema ON schema.nspname = each.name
), used AS (
    SELECT format('permission denied for %s %s',
                  CASE relation.relkind WHEN 'v' THEN 'view' ELSE 'table' END, named.name) AS words,
           has_table_privilege(:'user', relation.oid, 'SELECT')
           OR has_any_column_privilege(:'user', relation.oid, 'SELECT') AS may
      FROM named
      JOIN LATERAL (SELECT here.oid, here.relkind
                      FROM pg_class AS here
                      JOIN pg_namespace AS schema ON schema.oid = here.relnamespace
                      LEFT JOIN path ON path.oid = schema.oid
                     WHERE here.relname = named.name
                       AND CASE WHEN named.schema IS NULL THEN path.oid IS NOT NULL
                                ELSE schema.nspname = named.schema END
                     ORDER BY path.place
                     LIMIT 1) AS relation ON true
     WHERE NOT named.is_function
    UNION ALL
    SELECT format('permission denied for function %s', named.name),
           bool_or(has_function_privilege(:'user', function.oid, 'EXECUTE'))
      FROM named
      JOIN pg_proc AS function ON function.proname = named.name
      JOIN pg_namespace AS schema ON schema.oid = function.pronamespace
     WHERE named.is_function
       AND CASE WHEN named.schema IS NULL THEN schema.oid IN (SELECT oid FROM path)
                ELSE schema.nspname = named.schema END
     GROUP BY named.name, named.schema
)
SELECT count(*) AS seen, min(words) FILTER (WHERE may IS NOT TRUE) AS refused FROM used;
ROLLBACK;
