-- doing: checking that slots may use pgoutput
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT name AS what, setting || ', without pgoutput' AS evidence,
       format('ALTER SYSTEM SET output_plugin_libraries = %s; SELECT pg_reload_conf();',
              concat_ws(', ', nullif(setting, ''), 'pgoutput')) AS cure
  FROM pg_settings
 WHERE name = 'output_plugin_libraries'
   AND setting !~ '(^|[ ,"])pgoutput([ ,"]|$)';
