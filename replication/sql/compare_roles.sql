-- doing: comparing roles
-- returns: item, the same rows on equal servers, in any order; told, the same for people and files:
--          of a password only whether there is one, for its digest can be guessed from
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('%s, password %s', described, coalesce(md5(rolpassword), 'none')) AS item,
       format('%s, password %s', described,
              CASE WHEN rolpassword IS NULL THEN 'none' ELSE 'not shown' END) AS told
  FROM (SELECT format('role %s, superuser %s, inherit %s, createrole %s, createdb %s, login %s, '
                      || 'replication %s, bypassrls %s, connection limit %s, valid until %s',
                      rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
                      rolreplication, rolbypassrls, rolconnlimit,
                      CASE WHEN isfinite(rolvaliduntil)
                           THEN to_char(rolvaliduntil AT TIME ZONE 'UTC',
                                        'YYYY-MM-DD HH24:MI:SS.US BC')
                           ELSE coalesce(rolvaliduntil::text, 'always') END) AS described,
               rolpassword
          FROM pg_authid
         WHERE rolname !~ '^pg_') AS role;
