-- doing: looking what the roles that are kept may write
-- returns: a row per role of the list that must not be kept: rolname, and why
-- needs: nothing; PostgreSQL 10 and newer. In every database: rights on its tables and sequences, by
--        whatever membership. What a function writes with its owner's rights is not seen.
-- reads
SELECT wanted.rolname,
       CASE WHEN role.oid IS NULL THEN 'there is no such role'
            WHEN role.rolsuper THEN 'it is a superuser'
            ELSE 'it may write to ' || writable.name END AS why
  FROM unnest(:'keep'::text[]) AS wanted (rolname)
  LEFT JOIN pg_roles AS role ON role.rolname = wanted.rolname
  LEFT JOIN LATERAL (
        SELECT relation.oid::regclass::text AS name
          FROM pg_class AS relation
          JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
         WHERE relation.relkind IN ('r', 'p', 'v', 'f', 'S')
           AND relation.relpersistence <> 't'
           AND schema.nspname <> 'information_schema' AND schema.nspname !~ '^pg_'
           AND CASE WHEN relation.relkind = 'S'
                    THEN has_sequence_privilege(role.oid, relation.oid, 'USAGE, UPDATE')
                    ELSE has_table_privilege(role.oid, relation.oid,
                                             'INSERT, UPDATE, DELETE, TRUNCATE')
                         OR has_any_column_privilege(role.oid, relation.oid, 'INSERT, UPDATE') END
         ORDER BY relation.oid LIMIT 1) AS writable ON NOT role.rolsuper
 WHERE role.oid IS NULL OR role.rolsuper OR writable.name IS NOT NULL
