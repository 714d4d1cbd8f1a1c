-- doing: looking for tables whose rows cannot be compared
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. Columns that an index INCLUDEs are none of its key.
-- reads
WITH RECURSIVE whole_row AS (
    SELECT c.oid, n.nspname, c.relname
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid >= 16384 AND c.relkind = 'r' AND c.relpersistence = 'p'
       AND n.nspname <> 'pgcutover'
       AND NOT EXISTS (SELECT FROM pg_index AS i
                        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
                          AND (i.indisprimary
                               OR c.relreplident = 'i' AND i.indisreplident
                               OR c.relreplident <> 'f' AND i.indisunique
                                  AND i.indpred IS NULL AND i.indexprs IS NULL
                                  AND NOT EXISTS (SELECT FROM pg_attribute AS a
                                                   WHERE a.attrelid = c.oid
                                                     AND NOT a.attnotnull
                                                     AND a.attnum = ANY ((i.indkey::int2[])
                                                             [0:coalesce((to_jsonb(i) ->> 'indnkeyatts')::int, i.indnatts) - 1]))))
), part (tableid, attname, typid, collationid) AS (
    SELECT attrelid, attname, atttypid, attcollation
      FROM (VALUES (CAST('' AS "char"))) AS missing (attgenerated),
           LATERAL (SELECT attrelid, attname, atttypid, attcollation
                      FROM pg_attribute
                     WHERE attrelid IN (SELECT oid FROM whole_row)
                       AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS sent
    UNION
    SELECT p.tableid, p.attname, inner_part.typid, inner_part.collationid
      FROM part AS p
      JOIN pg_type AS t ON t.oid = p.typid
     CROSS JOIN LATERAL (
            SELECT t.typbasetype AS typid, p.collationid WHERE t.typtype = 'd'
            UNION ALL
            SELECT t.typelem, p.collationid WHERE t.typcategory = 'A' AND t.typelem <> 0
            UNION ALL
            SELECT r.rngsubtype, r.rngcollation FROM pg_range AS r WHERE r.rngtypid = t.oid
            UNION ALL
            SELECT a.atttypid, a.attcollation
              FROM pg_attribute AS a
             WHERE t.typtype = 'c' AND a.attrelid = t.typrelid
               AND a.attnum > 0 AND NOT a.attisdropped) AS inner_part
)
SELECT w.nspname || '.' || w.relname AS what,
       format('no primary key, and no equality operator for %s',
              string_agg(DISTINCT format('%s (%s)', p.attname, t.typname), ', ')) AS evidence,
       format('ALTER TABLE %I.%I ADD PRIMARY KEY (...); or a unique index over NOT NULL columns '
              || 'and REPLICA IDENTITY USING INDEX', w.nspname, w.relname) AS cure
  FROM whole_row AS w
  JOIN part AS p ON p.tableid = w.oid
  JOIN pg_type AS t ON t.oid = p.typid
 WHERE t.typtype = 'b' AND NOT (t.typcategory = 'A' AND t.typelem <> 0)
   AND NOT EXISTS (SELECT FROM pg_opclass AS o
                     JOIN pg_am AS m ON m.oid = o.opcmethod
                    WHERE o.opcdefault AND m.amname IN ('btree', 'hash')
                      AND (o.opcintype = t.oid
                           OR EXISTS (SELECT FROM pg_cast
                                       WHERE castsource = t.oid AND casttarget = o.opcintype
                                         AND castmethod = 'b' AND castcontext = 'i')))
 GROUP BY w.nspname, w.relname
 ORDER BY w.nspname, w.relname;
