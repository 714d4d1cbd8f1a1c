-- doing: comparing settings of roles and databases
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('setting of %s in %s, %s', coalesce('role ' || r.rolname, 'all roles'),
              coalesce('database ' || d.datname, 'all databases'), entry) AS item
  FROM pg_db_role_setting AS s
  LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
  LEFT JOIN pg_roles AS r ON r.oid = s.setrole
 CROSS JOIN unnest(s.setconfig) AS entry
 WHERE NOT (s.setdatabase <> 0 AND s.setrole = 0 AND entry LIKE 'default_transaction_read_only=%');
