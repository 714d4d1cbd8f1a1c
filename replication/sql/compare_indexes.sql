-- doing: comparing indexes
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('index %s.%s on %s.%s using %s (%s)%s%s%s%s%s', n.nspname, ic.relname, tn.nspname,
              c.relname, m.amname,
              (SELECT string_agg(coalesce(a.attname, 'expression')
                                 || coalesce(' ' || o.opcname, '')
                                 || CASE WHEN i.indoption[key.place - 1] & 1 = 1
                                         THEN ' desc' ELSE '' END
                                 || CASE WHEN i.indoption[key.place - 1] & 2 = 2
                                         THEN ' nulls first' ELSE '' END,
                                 ', ' ORDER BY key.place)
                 FROM unnest(i.indkey) WITH ORDINALITY AS key (attnum, place)
                 LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = key.attnum
                                            AND key.attnum <> 0
                 LEFT JOIN pg_opclass AS o ON o.oid = i.indclass[key.place - 1]),
              CASE WHEN i.indisunique THEN ', unique' ELSE '' END,
              CASE WHEN i.indisprimary THEN ', primary' ELSE '' END,
              CASE WHEN i.indimmediate THEN '' ELSE ', deferrable' END,
              CASE WHEN i.indpred IS NULL THEN '' ELSE ', partial' END,
              CASE WHEN i.indisreplident THEN ', replica identity' ELSE '' END) AS item
  FROM pg_index AS i
  JOIN pg_class AS ic ON ic.oid = i.indexrelid
  JOIN pg_namespace AS n ON n.oid = ic.relnamespace
  JOIN pg_class AS c ON c.oid = i.indrelid
  JOIN pg_namespace AS tn ON tn.oid = c.relnamespace
  JOIN pg_am AS m ON m.oid = ic.relam
 WHERE (i.indisvalid OR ic.relkind = 'I')
   AND tn.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgcutover')
   AND tn.nspname !~ '^pg_(toast_)?temp_[0-9]+$'
   AND NOT EXISTS (SELECT FROM pg_depend AS d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid IN (c.oid, ic.oid)
                      AND d.objsubid = 0 AND d.deptype = 'e');
