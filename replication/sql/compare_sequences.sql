-- doing: comparing definitions of sequences
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('sequence %s.%s, %s, increment %s, from %s to %s, start %s, cycle %s, cache %s, %s',
              n.nspname, c.relname, format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin,
              s.seqmax, s.seqstart, s.seqcycle, s.seqcache,
              coalesce((SELECT format('of column %s.%s.%s', tn.nspname, t.relname, a.attname)
                          FROM pg_depend AS d
                          JOIN pg_class AS t ON t.oid = d.refobjid
                          JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
                          JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
                         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                           AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass
                           AND d.deptype IN ('a', 'i')), 'of no column')) AS item
  FROM pg_sequence AS s
  JOIN pg_class AS c ON c.oid = s.seqrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname <> 'pgcutover' AND n.nspname !~ '^pg_(toast_)?temp_[0-9]+$'
   AND NOT EXISTS (SELECT FROM pg_depend AS d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND d.objsubid = 0 AND d.deptype = 'e');
