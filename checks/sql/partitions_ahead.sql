-- doing: looking for partitions that will soon be needed
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer. Of tables that are partitioned by one date or time; a partition
--        that is partitioned further ends where its own range does.
-- reads
WITH parent AS (
    SELECT p.partrelid
      FROM pg_partitioned_table AS p
      JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
     WHERE p.partstrat = 'r' AND p.partnatts = 1
       AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
), part AS (
    SELECT parent.partrelid, pg_get_expr(c.relpartbound, 0) AS bound
      FROM parent
      JOIN pg_inherits AS i ON i.inhparent = parent.partrelid
      JOIN pg_class AS c ON c.oid = i.inhrelid
), reach AS (
    SELECT partrelid, max(substring(bound FROM $$TO \('([0-9]{4,6}-[0-9-]{5}[^']*)'\)$$)
                          ::timestamptz) AS until
      FROM part
     GROUP BY partrelid
    HAVING NOT bool_or(bound = 'DEFAULT') AND NOT bool_or(bound ~ $$TO \((MAXVALUE|'infinity')\)$$)
)
SELECT n.nspname || '.' || c.relname AS what,
       format('the last partition ends at %s', to_char(until, 'YYYY-MM-DD HH24:MI')) AS evidence
  FROM reach
  JOIN pg_class AS c ON c.oid = reach.partrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE until BETWEEN now() AND now() + interval '7 days'
   AND until IS DISTINCT FROM
       substring(pg_get_expr(c.relpartbound, 0) FROM $$TO \('([0-9]{4,6}-[0-9-]{5}[^']*)'\)$$)
           ::timestamptz
 ORDER BY until, n.nspname, c.relname;
