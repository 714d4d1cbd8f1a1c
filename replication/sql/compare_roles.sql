-- doing: comparing roles
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('role %s, superuser %s, inherit %s, createrole %s, createdb %s, login %s, '
              || 'replication %s, bypassrls %s, connection limit %s, valid until %s, password %s',
              rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
              rolreplication, rolbypassrls, rolconnlimit,
              CASE WHEN isfinite(rolvaliduntil)
                   THEN to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US BC')
                   ELSE coalesce(rolvaliduntil::text, 'always') END,
              coalesce(md5(rolpassword), 'none')) AS item
  FROM pg_authid
 WHERE rolname !~ '^pg_';
