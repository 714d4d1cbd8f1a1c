-- doing: listing the tables that have no replica identity
-- returns: a row per table: schema_name, table_name, identity (as it is), identity_index (with 'i'),
--          use_index (a unique index that can serve, or NULL: the whole row)
-- needs: nothing; PostgreSQL 10 and newer. Rule A0: a publication makes UPDATE and DELETE fail on
--        tables without identity. A DEFERRABLE primary key counts as none. What is not the system's is
--        published, whatever its schema. Columns that an index INCLUDEs are none of its key.
-- reads
SELECT namespace.nspname AS schema_name,
       class.relname AS table_name,
       class.relreplident AS identity,
       (SELECT index_class.relname
          FROM pg_index AS index
          JOIN pg_class AS index_class ON index_class.oid = index.indexrelid
         WHERE index.indrelid = class.oid AND index.indisreplident) AS identity_index,
       (SELECT index_class.relname
          FROM pg_index AS index
          JOIN pg_class AS index_class ON index_class.oid = index.indexrelid
         WHERE index.indrelid = class.oid
           AND index.indisunique AND index.indimmediate AND index.indisvalid
           AND index.indpred IS NULL AND index.indexprs IS NULL
           AND NOT EXISTS (SELECT FROM unnest(index.indkey::int2[]) WITH ORDINALITY AS key (attnum, place)
                             JOIN pg_attribute AS attribute
                               ON attribute.attrelid = class.oid AND attribute.attnum = key.attnum
                            WHERE NOT attribute.attnotnull
                              AND key.place <= coalesce((to_jsonb(index) ->> 'indnkeyatts')::int,
                                                        index.indnatts))
         ORDER BY index.indnatts, index_class.relname
         LIMIT 1) AS use_index
  FROM pg_class AS class
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE class.relkind = 'r'
   AND class.relpersistence = 'p'
   AND namespace.nspname <> 'pgcutover'
   AND class.oid >= 16384
   AND CASE class.relreplident
       WHEN 'f' THEN false
       WHEN 'n' THEN true
       WHEN 'i' THEN NOT EXISTS (SELECT FROM pg_index AS index
                                  WHERE index.indrelid = class.oid AND index.indisreplident
                                    AND index.indisvalid)
       ELSE NOT EXISTS (SELECT FROM pg_index AS index
                         WHERE index.indrelid = class.oid AND index.indisprimary
                           AND index.indimmediate AND index.indisvalid)
       END
 ORDER BY namespace.nspname, class.relname
