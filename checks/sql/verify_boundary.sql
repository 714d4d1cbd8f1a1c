-- doing: looking for the end of a range of keys
-- returns: one row, or none when fewer are left: a column for each of the key's, key1 and so on
-- needs: SELECT on the table; PostgreSQL 10 and newer. With a sample of its blocks the end is about there.
-- reads
SELECT :{keys}
  FROM ONLY :"schema".:"table" :{sample}
 WHERE :{range}
 ORDER BY :{order}
OFFSET :{offset} LIMIT 1
