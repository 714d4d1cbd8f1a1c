-- doing: looking for CONNECT granted by others than the owner
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. The cure gives before it takes: clients go on connecting.
-- reads
SELECT d.datname AS what,
       format('CONNECT to %s was granted by %s, the owner is %s',
              coalesce(grantee.rolname, 'PUBLIC'), grantor.rolname, owner.rolname) AS evidence,
       format('GRANT CONNECT ON DATABASE %1$I TO %2$s; SET ROLE %3$I; '
              'REVOKE CONNECT ON DATABASE %1$I FROM %2$s; RESET ROLE;',
              d.datname, coalesce(quote_ident(grantee.rolname), 'PUBLIC'), grantor.rolname) AS cure
  FROM pg_database AS d
 CROSS JOIN aclexplode(d.datacl) AS granted
  JOIN pg_roles AS grantor ON grantor.oid = granted.grantor
  JOIN pg_roles AS owner ON owner.oid = d.datdba
  LEFT JOIN pg_roles AS grantee ON grantee.oid = granted.grantee
 WHERE granted.privilege_type = 'CONNECT' AND granted.grantor <> d.datdba
 ORDER BY d.datname, grantee.rolname;
