-- doing: looking for sequences that are nearly used up
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer. Read as a table is, with its lock: the functions of
--        sequences take a stronger one.
-- reads
WITH sequence AS (
    SELECT n.nspname, c.relname, s.seqincrement, s.seqmin, s.seqmax,
           substring(query_to_xml(format('SELECT last_value FROM %I.%I', n.nspname, c.relname),
                                  false, true, '')::text
                     FROM '<last_value>(-?[0-9]+)</last_value>')::numeric AS last_value
      FROM pg_sequence AS s
      JOIN pg_class AS c ON c.oid = s.seqrelid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE NOT s.seqcycle AND c.relpersistence <> 't'
)
SELECT nspname || '.' || relname AS what,
       format('at %s, its end is %s', coalesce(last_value::text, 'a value that could not be read'),
              CASE WHEN seqincrement > 0 THEN seqmax ELSE seqmin END) AS evidence
  FROM sequence
 WHERE last_value IS NULL
    OR CASE WHEN seqincrement > 0 THEN last_value - seqmin ELSE seqmax - last_value END
       > (seqmax::numeric - seqmin) * 0.9
   AND seqmax::numeric - seqmin > 1000
 ORDER BY nspname, relname;
