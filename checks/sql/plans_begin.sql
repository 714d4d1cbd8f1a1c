-- doing: setting up a transaction as an application has it
-- returns: nothing that is looked at
-- needs: superuser; PostgreSQL 10 and newer. What planning depends on is as it is for :'user' in this
--        database (src/backend/utils/init/postinit.c, process_settings: role in database, role, database,
--        all), else as in the server's configuration; what ALTER ROLE made of it for our own login is
--        not. NULL: for our own login. With :'runs' his statement_timeout, too, if it is shorter.
--        His search_path comes last: names and operators of ours would be looked for in it.
--        First what keeps his statements, and the constants in them, out of the server's log and of
--        pg_stat_statements; what lets a server of 14 and newer see that we are gone; and lc_messages,
--        for pg_settings.category is translated.
-- reads
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
SELECT set_config(wanted.name, wanted.value, true)
  FROM (VALUES ('lc_messages', 'C'),
               ('log_statement', 'none'),
               ('log_duration', 'off'),
               ('log_min_duration_statement', '-1'),
               ('log_min_duration_sample', '-1'),
               ('log_transaction_sample_rate', '0'),
               ('log_min_error_statement', 'panic'),
               ('auto_explain.log_min_duration', '-1'),
               ('pg_stat_statements.track', 'none'),
               ('client_connection_check_interval',
                CASE WHEN version() LIKE '%linux%' THEN '1s' ELSE '0' END)) AS wanted (name, value)
  JOIN pg_catalog.pg_settings AS known ON known.name = wanted.name;
WITH who AS (
    SELECT (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AS database,
           (SELECT oid FROM pg_catalog.pg_roles
             WHERE rolname = coalesce(:'user', session_user::text)) AS role,
           (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user) AS ours
), stored AS (
    SELECT s.setdatabase, s.setrole, lower(split_part(item, '=', 1)) AS name,
           substr(item, strpos(item, '=') + 1) AS value
      FROM pg_catalog.pg_db_role_setting AS s, who, unnest(s.setconfig) AS item
     WHERE s.setdatabase IN (0, who.database)
), theirs AS (
    SELECT DISTINCT ON (stored.name) stored.name, stored.value
      FROM stored, who
     WHERE stored.setrole IN (0, who.role)
     ORDER BY stored.name, stored.setrole <> 0 DESC, stored.setdatabase <> 0 DESC
), wanted AS (
    SELECT s.name, s.setting,
           CASE WHEN theirs.name IS NOT NULL THEN theirs.value
                WHEN s.name = 'statement_timeout' THEN NULL
                WHEN EXISTS (SELECT FROM stored, who
                              WHERE stored.setrole = who.ours AND stored.name = lower(s.name))
                THEN coalesce((SELECT f.setting
                                 FROM pg_catalog.pg_file_settings AS f
                                WHERE f.applied AND lower(f.name) = lower(s.name)
                                ORDER BY f.seqno DESC
                                LIMIT 1), s.boot_val)
                ELSE s.reset_val END AS value
      FROM pg_catalog.pg_settings AS s
      LEFT JOIN theirs ON theirs.name = lower(s.name)
     WHERE s.context IN ('user', 'superuser')
       AND (s.category LIKE 'Query Tuning%'
            OR lower(s.name) IN ('search_path', 'work_mem', 'hash_mem_multiplier', 'row_security',
                                 'max_parallel_workers_per_gather', 'max_parallel_workers',
                                 'parallel_leader_participation', 'effective_io_concurrency',
                                 'timezone', 'datestyle', 'intervalstyle', 'xmloption',
                                 'array_nulls', 'transform_null_equals',
                                 'default_text_search_config')
            OR s.name = 'statement_timeout' AND :'runs'::boolean)
), generic AS (
    SELECT name, value
      FROM (VALUES ('plan_cache_mode', 'force_generic_plan'),
                   ('enable_partition_pruning', 'off')) AS forced (name, value)
     WHERE :'generic'::boolean
), custom AS (
    SELECT name, value
      FROM theirs
     WHERE name LIKE '%.%'
       AND split_part(name, '.', 1) NOT IN ('auto_explain', 'pg_stat_statements', 'pgcutover')
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings AS s
                        WHERE lower(s.name) = theirs.name
                          AND s.context NOT IN ('user', 'superuser'))
)
SELECT set_config(CASE wanted.name WHEN 'search_path' THEN 'pgcutover.search_path'
                  ELSE wanted.name END, coalesce(generic.value, wanted.value), true)
  FROM wanted
  LEFT JOIN generic ON generic.name = wanted.name
 WHERE wanted.name = 'search_path' OR coalesce(generic.value, wanted.value) <> wanted.setting
UNION ALL
SELECT set_config(custom.name, custom.value, true)
  FROM custom;
SELECT set_config('statement_timeout', :'timeout_ms', true)
  FROM pg_catalog.pg_settings
 WHERE name = 'statement_timeout'
   AND (setting::bigint = 0 OR setting::bigint > :'timeout_ms'::bigint);
SELECT pg_catalog.set_config('search_path',
                            pg_catalog.current_setting('pgcutover.search_path'), true),
       pg_catalog.set_config('role', coalesce(:'user', 'none'), true)
