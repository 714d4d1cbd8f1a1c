-- doing: looking for xmloption = document
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT coalesce('database ' || d.datname, 'all databases') AS what,
       coalesce('for role ' || r.rolname || ', ', '') || 'xmloption = document' AS evidence,
       CASE WHEN d.oid IS NULL
            THEN format('ALTER ROLE %s RESET xmloption;', coalesce(quote_ident(r.rolname), 'ALL'))
            WHEN r.oid IS NULL THEN format('ALTER DATABASE %I RESET xmloption;', d.datname)
            ELSE format('ALTER ROLE %I IN DATABASE %I RESET xmloption;', r.rolname, d.datname)
       END AS cure
  FROM pg_db_role_setting AS s
  LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
  LEFT JOIN pg_roles AS r ON r.oid = s.setrole
 CROSS JOIN unnest(s.setconfig) AS entry
 WHERE lower(entry) = 'xmloption=document'
   AND (r.oid IS NULL OR r.rolname = current_user)
UNION ALL
SELECT 'server configuration', 'xmloption = document',
       'ALTER SYSTEM RESET xmloption, or edit postgresql.conf; then reload'
  FROM pg_settings
 WHERE name = 'xmloption' AND source IN ('configuration file', 'command line')
   AND lower(setting) = 'document';
