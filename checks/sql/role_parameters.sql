-- doing: listing settings of databases and roles
-- returns: a row per setting: name, value, place, cure
-- needs: superuser; PostgreSQL 10 and newer. What only a session can have is left out.
-- reads
SELECT split_part(entry, '=', 1) AS name,
       substr(entry, strpos(entry, '=') + 1) AS value,
       format('%s in %s', coalesce('role ' || a.rolname, 'all roles'),
              coalesce('database ' || d.datname, 'all databases')) AS place,
       CASE WHEN d.oid IS NULL
            THEN format('ALTER ROLE %s RESET %I;', coalesce(quote_ident(a.rolname), 'ALL'),
                        split_part(entry, '=', 1))
            WHEN a.oid IS NULL
            THEN format('ALTER DATABASE %I RESET %I;', d.datname, split_part(entry, '=', 1))
            ELSE format('ALTER ROLE %I IN DATABASE %I RESET %I;', a.rolname, d.datname,
                        split_part(entry, '=', 1))
       END AS cure
  FROM pg_db_role_setting AS s
  LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
  LEFT JOIN pg_roles AS a ON a.oid = s.setrole
 CROSS JOIN unnest(s.setconfig) AS entry
 WHERE split_part(entry, '=', 1) NOT IN ('role', 'session_authorization')
 ORDER BY 1, 3;
