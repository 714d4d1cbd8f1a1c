-- doing: looking for parameters that wait for a restart
-- returns: a row a finding: what, evidence
-- needs: superuser (pg_file_settings); PostgreSQL 10 and newer. What is set under [green.parameters] is
--        told already. Values that may hold a password, or may be anything, are not told.
-- reads
SELECT s.name AS what,
       CASE WHEN s.name ~* '[.]|conninfo$|_command$'
            THEN coalesce('it runs with another value than ' || f.sourcefile || ' has',
                          'it runs with a value, and nothing is set any more')
            ELSE format('it runs with %s, %s', current_setting(s.name),
                        coalesce(f.setting || ' is in ' || f.sourcefile,
                                 'and nothing is set any more')) END AS evidence
  FROM pg_settings AS s
  LEFT JOIN LATERAL (SELECT setting, regexp_replace(sourcefile, '^.*/', '') AS sourcefile
                       FROM pg_file_settings
                      WHERE lower(name) = lower(s.name)
                      ORDER BY seqno DESC
                      LIMIT 1) AS f ON true
 WHERE s.pending_restart
   AND lower(s.name) NOT IN (SELECT lower(key) FROM json_each(:'green_parameters'::json))
 ORDER BY s.name;
