-- doing: listing rows by key
-- returns: a row each: the key's columns as text, key1 and so on; value, the hash; version, which row of
--          the heap it is; sample, of the row's text, NULL when it is not wanted
-- needs: SELECT on the table; PostgreSQL 10 and newer
-- reads
SELECT :{keys}, (:{hash})::text AS value, format('%s %s', xmin, ctid) AS version, :{sample} AS sample
  FROM ONLY :"schema".:"table"
 WHERE :{range}
 LIMIT :{limit}
