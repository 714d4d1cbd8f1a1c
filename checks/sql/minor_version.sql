-- doing: checking the minor version
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
WITH server AS (
    SELECT current_setting('server_version_num')::int / 10000 AS major,
           current_setting('server_version_num')::int % 10000 AS minor
), fixed (major, minor, defect) AS (
    VALUES (13, 16, 'a slot may begin within a transaction'),
           (14, 13, 'a slot may begin within a transaction'),
           (15, 8, 'a slot may begin within a transaction'),
           (16, 4, 'a slot may begin within a transaction'),
           (13, 21, 'changes are lost at DDL that takes a weak lock'),
           (14, 18, 'changes are lost at DDL that takes a weak lock'),
           (15, 13, 'changes are lost at DDL that takes a weak lock'),
           (16, 9, 'changes are lost at DDL that takes a weak lock'),
           (17, 5, 'changes are lost at DDL that takes a weak lock'),
           (16, 9, 'an origin may be reset, and changes applied twice'),
           (17, 5, 'an origin may be reset, and changes applied twice'),
           (14, 19, 'WAL that a slot needs may be removed'),
           (15, 14, 'WAL that a slot needs may be removed'),
           (16, 10, 'WAL that a slot needs may be removed'),
           (17, 6, 'WAL that a slot needs may be removed'),
           (14, 21, 'a new slot may be invalidated by a checkpoint'),
           (15, 16, 'a new slot may be invalidated by a checkpoint'),
           (16, 12, 'a new slot may be invalidated by a checkpoint'),
           (17, 8, 'a new slot may be invalidated by a checkpoint'),
           (18, 2, 'a new slot may be invalidated by a checkpoint'),
           (16, 12, 'parallel apply may lose transactions'),
           (17, 8, 'parallel apply may lose transactions'),
           (18, 2, 'parallel apply may lose transactions')
), missing AS (
    SELECT f.major, max(f.minor) AS minor,
           string_agg(f.defect || format(' (before %s.%s)', f.major, f.minor), ', '
                      ORDER BY f.minor, f.defect) AS defects
      FROM fixed AS f
      JOIN server AS s ON s.major = f.major AND s.minor < f.minor
     GROUP BY f.major
)
SELECT 'server version' AS what,
       format('%s: %s', split_part(current_setting('server_version'), ' ', 1), defects)
           AS evidence,
       format('update the server to %s.%s or newer', major, minor) AS cure
  FROM missing
UNION ALL
SELECT 'server version',
       format('%s, no longer maintained', split_part(current_setting('server_version'), ' ', 1)),
       NULL
  FROM server
 WHERE major < 15;
