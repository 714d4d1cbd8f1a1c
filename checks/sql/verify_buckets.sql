-- doing: comparing a table by buckets of its rows
-- returns: a row for each bucket that is not empty: bucket, rows, sum of the hashes of its rows
-- needs: SELECT on the table; PostgreSQL 10 and newer. OFFSET 0: each row is hashed once.
-- reads
SELECT hash & :{mask} AS bucket, count(*) AS rows, sum(hash) AS sum
  FROM (SELECT :{hash} AS hash
          FROM ONLY :"schema".:"table"
        OFFSET 0) AS hashed
 GROUP BY 1
