-- doing: checking the minor version
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'server version' AS what,
       format('%s, %s', split_part(current_setting('server_version'), ' ', 1),
              CASE WHEN major < 13 THEN 'no longer maintained'
                   ELSE format('older than %s.%s', major, minor) END) AS evidence,
       CASE WHEN major >= 13 THEN format('update the server to %s.%s or newer', major, minor)
       END AS cure
  FROM (VALUES (10, 9999), (11, 9999), (12, 9999), (13, 21), (14, 21), (15, 16), (16, 12),
               (17, 8), (18, 2)) AS fixed (major, minor)
 WHERE major = current_setting('server_version_num')::int / 10000
   AND minor > current_setting('server_version_num')::int % 10000;
