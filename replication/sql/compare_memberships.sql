-- doing: comparing memberships of roles
-- returns: item, the same rows on equal servers, in any order
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT format('member %s of %s, admin %s', member.rolname, granted.rolname, bool_or(m.admin_option))
           AS item
  FROM pg_auth_members AS m
  JOIN pg_roles AS granted ON granted.oid = m.roleid
  JOIN pg_roles AS member ON member.oid = m.member
 WHERE member.rolname !~ '^pg_'
 GROUP BY member.rolname, granted.rolname;
