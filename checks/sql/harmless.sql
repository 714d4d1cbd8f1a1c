-- doing: making our session harmless
-- returns: one row per setting made
-- needs: any login; PostgreSQL 10 and newer. A database in SQL_ASCII may have names in any bytes.
-- reads
SELECT set_config(name, value, false)
  FROM (VALUES ('default_transaction_read_only', 'on'),
               ('transaction_read_only', 'on'),
               ('client_encoding', CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII'
                                   ELSE current_setting('client_encoding') END),
               ('lock_timeout', '2s'),
               ('idle_in_transaction_session_timeout', '1min')) AS wanted (name, value);
