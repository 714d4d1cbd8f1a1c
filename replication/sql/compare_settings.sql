-- doing: comparing settings of roles and databases
-- returns: item, the same rows on equal servers, in any order; told, the same for people and files:
--          without the values of settings that are not PostgreSQL's own (a name with a dot), which
--          applications keep their keys in
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('setting of %s in %s, %s', whose, place, entry) AS item,
       format('setting of %s in %s, %s', whose, place,
              CASE WHEN split_part(entry, '=', 1) LIKE '%.%'
                   THEN split_part(entry, '=', 1) || ', value not shown' ELSE entry END) AS told
  FROM (SELECT coalesce('role ' || r.rolname, 'all roles') AS whose,
               coalesce('database ' || d.datname, 'all databases') AS place, entry
          FROM pg_db_role_setting AS s
          LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
          LEFT JOIN pg_roles AS r ON r.oid = s.setrole
         CROSS JOIN unnest(s.setconfig) AS entry
         WHERE NOT (s.setdatabase <> 0 AND s.setrole = 0
                    AND entry LIKE 'default_transaction_read_only=%')) AS setting;
