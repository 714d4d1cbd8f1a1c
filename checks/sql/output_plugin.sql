-- doing: checking that slots may use pgoutput
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT name AS what, setting || ', without pgoutput' AS evidence,
       CASE WHEN source = 'command line'
            THEN 'add pgoutput where the server is started: the setting is on the command line, and '
                 || 'ALTER SYSTEM does nothing'
            ELSE format('ALTER SYSTEM SET output_plugin_libraries = %s; SELECT pg_reload_conf();',
                        concat_ws(', ', nullif(setting, ''), 'pgoutput')) END AS cure
  FROM pg_settings
 WHERE name = 'output_plugin_libraries'
   AND setting !~ '(^|[ ,"])pgoutput([ ,"]|$)';
