-- doing: looking for CONNECT granted by others than the owner
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT d.datname AS what,
       format('CONNECT to %s was granted by %s, the owner is %s',
              coalesce(grantee.rolname, 'PUBLIC'), grantor.rolname, owner.rolname) AS evidence,
       format('SET ROLE %I; REVOKE CONNECT ON DATABASE %I FROM %s; RESET ROLE; '
              || 'GRANT CONNECT ON DATABASE %I TO %s;', grantor.rolname, d.datname,
              coalesce(quote_ident(grantee.rolname), 'PUBLIC'), d.datname,
              coalesce(quote_ident(grantee.rolname), 'PUBLIC')) AS cure
  FROM pg_database AS d
 CROSS JOIN aclexplode(d.datacl) AS granted
  JOIN pg_roles AS grantor ON grantor.oid = granted.grantor
  JOIN pg_roles AS owner ON owner.oid = d.datdba
  LEFT JOIN pg_roles AS grantee ON grantee.oid = granted.grantee
 WHERE granted.privilege_type = 'CONNECT' AND granted.grantor <> d.datdba
 ORDER BY d.datname, grantee.rolname;
