-- doing: making our session harmless
-- returns: one row per setting made
-- needs: any login; PostgreSQL 10 and newer. Whoever stops us within a transaction keeps no locks.
-- reads
SELECT set_config(name, value, false)
  FROM (VALUES ('default_transaction_read_only', 'on'),
               ('transaction_read_only', 'on'),
               ('lock_timeout', '2s'),
               ('idle_in_transaction_session_timeout', '1min')) AS wanted (name, value);
