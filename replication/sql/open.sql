-- doing: opening {subscriber} to clients
-- returns: one row: opened, 1. An error of SQLSTATE 22P02 says that the attempt is not the one that
--          this server waits for: it was undone meanwhile; its text says how it stands.
-- needs: superuser; may be repeated. One transaction: the state is looked at and changed together
--        with the privileges and settings, which become those that clients had before the fence. With
--        it goes the position before the first write of a client: the way back begins there. It lies
--        before our own commit, so it is on disk when anybody is let in.
WITH opened AS (
    UPDATE pgcutover.marker
       SET value = 'open ' || :'attempt' || ' at ' || pg_current_wal_insert_lsn(), written = now()
     WHERE id = 3 AND value = 'armed ' || :'attempt'
 RETURNING 1)
SELECT CASE WHEN (SELECT count(*) FROM opened) = 1
                 OR EXISTS (SELECT FROM pgcutover.marker
                             WHERE id = 3 AND value LIKE 'open ' || :'attempt' || ' at %') THEN 1
            ELSE ('attempt ' || :'attempt' || ', but the server stands at: '
                  || coalesce((SELECT value FROM pgcutover.marker WHERE id = 3), 'nothing'))::integer
       END AS opened;
:{statements}
