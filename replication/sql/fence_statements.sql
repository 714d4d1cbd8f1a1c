-- doing: working out the fence
-- returns: one row: fence, the SQL that closes every database, and unfence, the SQL that gives back
--          exactly what was there: CONNECT to each that had it, the database's own settings. Roles
--          of :'keep' that may connect keep CONNECT, whoever they have it by.
-- needs: superuser; PostgreSQL 10 and newer. Rule D2: CONNECT and the read-only default are looked at
--        behind the lock on the database, so that what starts later sees them.
-- reads
WITH held AS (
    SELECT database.oid, database.datname, acl.is_grantable,
           CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(role.rolname) END AS grantee
      FROM pg_database AS database,
           aclexplode(coalesce(database.datacl, acldefault('d', database.datdba))) AS acl
      LEFT JOIN pg_roles AS role ON role.oid = acl.grantee
     WHERE acl.privilege_type = 'CONNECT'
), kept AS (
    SELECT database.oid, database.datname, quote_ident(role.rolname) AS grantee
      FROM pg_database AS database, pg_roles AS role
     WHERE role.rolname = ANY (:'keep'::text[])
       AND has_database_privilege(role.oid, database.oid, 'CONNECT')
), statements AS (
    SELECT database.datname,
           format('ALTER DATABASE %I SET default_transaction_read_only = on', database.datname)
               || coalesce((SELECT string_agg(format('; REVOKE CONNECT ON DATABASE %I FROM %s',
                                                     held.datname, held.grantee), ''
                                              ORDER BY held.grantee)
                              FROM held WHERE held.oid = database.oid), '')
               || coalesce((SELECT string_agg(format('; GRANT CONNECT ON DATABASE %I TO %s',
                                                     kept.datname, kept.grantee), ''
                                              ORDER BY kept.grantee)
                              FROM kept WHERE kept.oid = database.oid), '') AS fence,
           coalesce((SELECT string_agg(format('REVOKE CONNECT ON DATABASE %I FROM %s; ',
                                              kept.datname, kept.grantee), ''
                                       ORDER BY kept.grantee)
                       FROM kept WHERE kept.oid = database.oid), '')
               || coalesce((SELECT string_agg(format('GRANT CONNECT ON DATABASE %I TO %s%s; ',
                                              held.datname, held.grantee,
                                              CASE WHEN held.is_grantable
                                                   THEN ' WITH GRANT OPTION' ELSE '' END), ''
                                       ORDER BY held.grantee)
                       FROM held WHERE held.oid = database.oid), '')
               || coalesce((SELECT format('ALTER DATABASE %I SET default_transaction_read_only = %L',
                                          database.datname, split_part(item, '=', 2))
                              FROM pg_db_role_setting AS setting, unnest(setting.setconfig) AS item
                             WHERE setting.setdatabase = database.oid AND setting.setrole = 0
                               AND item LIKE 'default\_transaction\_read\_only=%'),
                           format('ALTER DATABASE %I RESET default_transaction_read_only',
                                  database.datname)) AS unfence
      FROM pg_database AS database
     WHERE NOT database.datistemplate AND database.datallowconn
)
SELECT string_agg(fence, '; ' ORDER BY datname) AS fence,
       string_agg(unfence, '; ' ORDER BY datname) AS unfence
  FROM statements
