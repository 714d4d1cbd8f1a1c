-- doing: looking at the roles that poolers log in with
-- returns: a row a role: rolname, can_login, is_expired, connection_limit, kind of its password
--          (none, md5, scram, other), digest of what is stored of it, "" when there is none
-- needs: superuser; PostgreSQL 10 and newer. The digest is made by what both servers have.
-- reads
SELECT rolname,
       CASE WHEN rolcanlogin THEN 'yes' ELSE 'no' END AS can_login,
       CASE WHEN coalesce(rolvaliduntil <= now(), false) THEN 'yes' ELSE 'no' END AS is_expired,
       rolconnlimit AS connection_limit,
       CASE WHEN rolpassword IS NULL THEN 'none'
            WHEN rolpassword ~ '^md5[0-9a-f]{32}$' THEN 'md5'
            WHEN rolpassword ~ '^SCRAM-SHA-256\$' THEN 'scram'
            ELSE 'other' END AS kind,
       coalesce(:{digest}, '') AS digest
  FROM pg_authid
 WHERE rolname !~ '^pg_'
 ORDER BY rolname;
