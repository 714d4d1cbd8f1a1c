-- doing: looking for prepared transactions
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT gid AS what,
       format('prepared in database %s by %s, %s s ago', database, owner,
              floor(extract(epoch FROM clock_timestamp() - prepared))) AS evidence,
       format('in database %s, COMMIT PREPARED %L; or ROLLBACK PREPARED %L;',
              database, gid, gid) AS cure
  FROM pg_prepared_xacts
 ORDER BY prepared;
