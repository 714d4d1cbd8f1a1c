-- doing: looking what the roles that are kept may write
-- returns: a row per role of the list that must not be kept: rolname, and why
-- needs: nothing; PostgreSQL 10 and newer. In every database: rights on its tables and sequences, its
--        own and those of every role that it may become by SET ROLE, inherited or not. What a function
--        writes with its owner's rights is not seen.
-- reads
SELECT wanted.rolname,
       CASE WHEN role.oid IS NULL THEN 'there is no such role'
            WHEN role.rolsuper THEN 'it is a superuser'
            WHEN super.rolname IS NOT NULL THEN 'it is a member of a superuser, ' || super.rolname
            ELSE 'it may write to ' || writable.name
                 || CASE WHEN writable.rolname <> role.rolname THEN ' as ' || writable.rolname
                         ELSE '' END END AS why
  FROM unnest(:'keep'::text[]) AS wanted (rolname)
  LEFT JOIN pg_roles AS role ON role.rolname = wanted.rolname
  LEFT JOIN LATERAL (
        SELECT other.rolname
          FROM pg_roles AS other
         WHERE other.rolsuper AND pg_has_role(role.oid, other.oid, 'MEMBER')
         ORDER BY other.oid LIMIT 1) AS super ON NOT role.rolsuper
  LEFT JOIN LATERAL (
        SELECT relation.oid::regclass::text AS name, other.rolname
          FROM pg_roles AS other, pg_class AS relation
          JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
         WHERE pg_has_role(role.oid, other.oid, 'MEMBER')
           AND relation.relkind IN ('r', 'p', 'v', 'f', 'S')
           AND relation.relpersistence <> 't'
           AND schema.nspname <> 'information_schema' AND schema.nspname !~ '^pg_'
           AND CASE WHEN relation.relkind = 'S'
                    THEN has_sequence_privilege(other.oid, relation.oid, 'USAGE, UPDATE')
                    ELSE has_table_privilege(other.oid, relation.oid,
                                             'INSERT, UPDATE, DELETE, TRUNCATE')
                         OR has_any_column_privilege(other.oid, relation.oid, 'INSERT, UPDATE') END
         ORDER BY other.oid = role.oid DESC, relation.oid
         LIMIT 1) AS writable ON NOT role.rolsuper AND super.rolname IS NULL
 WHERE role.oid IS NULL OR role.rolsuper OR super.rolname IS NOT NULL OR writable.name IS NOT NULL
