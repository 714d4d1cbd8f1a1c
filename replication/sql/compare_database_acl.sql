-- doing: comparing privileges on databases
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('database %s, %s to %s%s by %s', d.datname, granted.privilege_type,
              coalesce(grantee.rolname, 'PUBLIC'),
              CASE WHEN granted.is_grantable THEN ' with grant option' ELSE '' END,
              grantor.rolname) AS item
  FROM pg_database AS d
 CROSS JOIN aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS granted
  JOIN pg_roles AS grantor ON grantor.oid = granted.grantor
  LEFT JOIN pg_roles AS grantee ON grantee.oid = granted.grantee
 WHERE d.datname <> 'template0' AND granted.privilege_type <> 'CONNECT'
UNION ALL
SELECT format('database %s, owner %s, %s, connection limit %s, template %s, tablespace %s',
              d.datname, owner.rolname, pg_encoding_to_char(d.encoding), d.datconnlimit,
              d.datistemplate, t.spcname)
  FROM pg_database AS d
  JOIN pg_roles AS owner ON owner.oid = d.datdba
  JOIN pg_tablespace AS t ON t.oid = d.dattablespace
 WHERE d.datname <> 'template0';
