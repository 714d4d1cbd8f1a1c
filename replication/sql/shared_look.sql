-- doing: looking whether roles or databases changed
-- returns: one row: form, which stays the same as long as they do
-- needs: superuser; PostgreSQL 10 and newer. What the fence itself changes is left out.
-- reads
SELECT concat_ws(' ',
           (SELECT concat_ws(' ', count(*), sum(hashtext(concat_ws('|', oid, rolname, rolsuper,
                                  rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
                                  rolbypassrls, rolconnlimit, rolpassword, rolvaliduntil))::bigint))
              FROM pg_authid),
           (SELECT concat_ws(' ', count(*), sum(hashtext(concat_ws('|', roleid, member, grantor,
                                  admin_option))::bigint))
              FROM pg_auth_members),
           (SELECT concat_ws(' ', count(*), sum(hashtext(concat_ws('|', oid, datname, datdba,
                                  datconnlimit, datallowconn, datistemplate))::bigint))
              FROM pg_database),
           (SELECT concat_ws(' ', count(*), sum(hashtext(concat_ws('|', setdatabase, setrole,
                                  item))::bigint))
              FROM pg_db_role_setting, unnest(setconfig) AS item
             WHERE item NOT LIKE 'default\_transaction\_read\_only=%')) AS form
