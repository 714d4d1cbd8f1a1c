-- doing: looking whether clients may write there
-- returns: one row: open, how many databases have neither the read-only default nor CONNECT revoked
-- needs: nothing; PostgreSQL 10 and newer. Green is opened in one transaction, once SWITCHED is on
--        disk: an open green means that the journal at hand is not the newest.
-- reads
SELECT count(*) AS open
  FROM pg_database AS database
 WHERE NOT datistemplate AND datallowconn
   AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))
                WHERE privilege_type = 'CONNECT')
   AND NOT EXISTS (SELECT FROM pg_db_role_setting
                    WHERE setdatabase = database.oid AND setrole = 0
                      AND 'default_transaction_read_only=on' = ANY (setconfig))
