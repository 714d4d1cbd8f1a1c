-- doing: computing what parallel queries leave to apply on green
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. A setting that is too small without them is for green_parameters;
--        with the defaults of both every server lives, and nothing is said.
-- reads
WITH override AS (
    SELECT lower(key) AS name, trim(value) AS setting
      FROM json_each_text(:'green_parameters'::json)
), setting AS (
    SELECT w.name, coalesce(o.setting, current_setting(w.name)) AS setting
      FROM (VALUES ('max_worker_processes'), ('max_parallel_workers')) AS w (name)
      LEFT JOIN override AS o ON o.name = w.name
), green AS (
    SELECT max(setting::bigint) FILTER (WHERE name = 'max_worker_processes') AS processes,
           max(setting::bigint) FILTER (WHERE name = 'max_parallel_workers') AS parallel,
           :'databases'::bigint + 2 AS needed
      FROM setting
     WHERE setting ~ '^[0-9]{1,9}$'
)
SELECT 'max_parallel_workers' AS what,
       format('%s of max_worker_processes = %s on green, %s needed (databases: %s)', parallel,
              processes, needed, :'databases'::int) AS evidence,
       format('set max_worker_processes = %s under [green.parameters]', parallel + needed) AS cure
  FROM green
 WHERE processes >= needed AND processes - parallel < needed
   AND (EXISTS (SELECT FROM override WHERE name IN ('max_worker_processes', 'max_parallel_workers'))
        OR EXISTS (SELECT FROM pg_settings
                    WHERE name IN ('max_worker_processes', 'max_parallel_workers')
                      AND setting <> boot_val));
