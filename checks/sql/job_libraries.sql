-- doing: looking for libraries that run jobs
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT trim(library) AS what,
       'shared_preload_libraries = ' || current_setting('shared_preload_libraries') AS evidence
  FROM unnest(string_to_array(current_setting('shared_preload_libraries'), ',')) AS library
 WHERE regexp_replace(trim(library), '^.*/|"', '', 'g') IN
       ('pg_cron', 'pg_partman_bgw', 'pglogical', 'bdr', 'pgactive', 'spock', 'pg_squeeze', 'pg_net', 'pg_background', 'pgq_ticker', 'powa', 'pg_later',
        'pg_timetable', 'bgw_replstatus', 'vectorize', 'pg_task', 'pgpro_scheduler');
