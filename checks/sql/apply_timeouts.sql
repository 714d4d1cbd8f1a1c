-- doing: looking for time-outs that end apply
-- returns: a row a finding: what, evidence, cure
-- needs: superuser (pg_file_settings); PostgreSQL 10 and newer. Of all settings of a database, of our
--        role, of [green.parameters] and of the server the one that wins is looked at. What is set for
--        our session says nothing. statement_timeout is not for apply: only clients' statements start it.
-- reads
WITH role AS (
    SELECT oid FROM pg_roles WHERE rolname = current_user
), setting (name, oid, value, rank) AS (
    SELECT split_part(entry, '=', 1), s.setdatabase, substr(entry, strpos(entry, '=') + 1),
           CASE WHEN s.setrole <> 0 THEN 2 ELSE 4 END - CASE WHEN s.setdatabase <> 0 THEN 1 ELSE 0 END
      FROM pg_db_role_setting AS s
     CROSS JOIN unnest(s.setconfig) AS entry
     WHERE s.setrole = 0 OR s.setrole = (SELECT oid FROM role)
    UNION ALL
    SELECT lower(key), 0::oid, trim(value), 5
      FROM json_each_text(:'green_parameters'::json)
    UNION ALL
    (SELECT DISTINCT ON (name) name, 0::oid, setting, 6
       FROM pg_file_settings
      WHERE applied
      ORDER BY name, seqno DESC)
    UNION ALL  -- also from the command line: where no role or database says otherwise
    SELECT p.name, 0::oid, p.reset_val, 7
      FROM pg_settings AS p
     WHERE NOT EXISTS (SELECT FROM pg_db_role_setting AS s
                        CROSS JOIN unnest(s.setconfig) AS entry
                        WHERE split_part(entry, '=', 1) = p.name
                          AND s.setdatabase IN (0, (SELECT oid FROM pg_database
                                                     WHERE datname = current_database()))
                          AND s.setrole IN (0, (SELECT oid FROM role)))
), winner AS (
    SELECT DISTINCT ON (d.datname, s.name) d.datname, s.name, s.value, s.rank
      FROM pg_database AS d
      JOIN setting AS s ON s.oid IN (0, d.oid)
     WHERE s.name IN ('lock_timeout', 'transaction_timeout')
       AND NOT d.datistemplate AND d.datallowconn
     ORDER BY d.datname, s.name, s.rank
)
SELECT DISTINCT CASE WHEN rank IN (1, 3) THEN 'database ' || datname
                     WHEN rank = 2 THEN 'role ' || current_user
                     WHEN rank = 4 THEN 'all databases'
                     WHEN rank = 5 THEN 'green.parameters'
                     ELSE 'server configuration' END AS what,
       CASE WHEN rank = 1 THEN format('for role %s, ', current_user) ELSE '' END
       || format('%s = %s', name, value) AS evidence,
       CASE WHEN rank = 1 THEN format('ALTER ROLE %I IN DATABASE %I RESET %s;',
                                      current_user, datname, name)
            WHEN rank = 5 THEN format('leave %s out of [green.parameters] until the upgrade is '
                                      'finished', name) -- blue may not know it
            ELSE format('ALTER ROLE %I SET %s = 0; for the role that subscribes, clients keep theirs',
                        current_user, name) END AS cure
  FROM winner
 WHERE value !~ '^0+(\.0*)?\s*[a-z]*$'
 ORDER BY 1, 2;
