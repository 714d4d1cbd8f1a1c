-- doing: listing rows by what they hold
-- returns: a row for each content: value, how many rows hold it; hash; version, which rows of the heap
--          they are; shown, the key of one of them or NULL; sample, of its text, NULL when not wanted
-- needs: SELECT on the table; PostgreSQL 10 and newer
-- reads
SELECT hash::text AS hash, count(*)::text AS value,
       format('%s %s', sum(('x' || substr(md5(version), 1, 16))::bit(64)::bigint), count(*))
           AS version,
       min(shown COLLATE "C") AS shown, min(sample COLLATE "C") AS sample
  FROM (SELECT :{hash} AS hash, format('%s %s', xmin, ctid) AS version, :{shown} AS shown,
               :{sample} AS sample
          FROM ONLY :"schema".:"table"
        OFFSET 0) AS hashed
 WHERE :{chosen}
 GROUP BY hash
 LIMIT :{limit}
