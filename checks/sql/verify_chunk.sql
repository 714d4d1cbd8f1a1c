-- doing: comparing a range of keys
-- returns: one row: rows, sum of the hashes of rows, whatever their order
-- needs: SELECT on the table; PostgreSQL 10 and newer
-- reads
SELECT count(*) AS rows, coalesce(sum(hash), 0) AS sum
  FROM (SELECT :{hash} AS hash
          FROM ONLY :"schema".:"table"
         WHERE :{range}) AS hashed
