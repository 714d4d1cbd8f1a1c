-- doing: opening green to clients
-- returns: one row: opened, 1. An error of SQLSTATE 22P02 says that the attempt is not the one that
--          green waits for: it was undone meanwhile; its text says how green stands.
-- needs: superuser; may be repeated. One transaction: the state is looked at and changed together
--        with the privileges and settings, which become those that blue had before its fence.
WITH opened AS (
    UPDATE pgcutover.marker SET value = 'open ' || :'attempt', written = now()
     WHERE id = 3 AND value IN ('armed ' || :'attempt', 'open ' || :'attempt')
 RETURNING 1)
SELECT CASE WHEN (SELECT count(*) FROM opened) = 1 THEN 1
            ELSE ('attempt ' || :'attempt' || ', but green stands at: '
                  || coalesce((SELECT value FROM pgcutover.marker WHERE id = 3), 'nothing'))::integer
       END AS opened;
:{statements}
