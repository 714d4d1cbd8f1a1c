-- doing: setting up a session that only reads
-- returns: one row per setting made
-- needs: nothing; PostgreSQL 10 and newer. Whatever text is hashed has the same form on both sides then.
--        row_security = off: rows that a policy hides are an error, never left out without a word.
-- reads
SELECT set_config(wanted.name, wanted.value, false)
  FROM (VALUES ('default_transaction_read_only', 'on'),
               ('search_path', 'pg_catalog'),
               ('row_security', 'off'),
               ('TimeZone', 'UTC'),
               ('DateStyle', 'ISO, MDY'),
               ('IntervalStyle', 'postgres'),
               ('bytea_output', 'hex'),
               ('extra_float_digits', :'float_digits'),
               ('lc_monetary', 'C'),
               ('xmlbinary', 'base64'),
               ('quote_all_identifiers', 'off'),
               ('max_parallel_workers_per_gather', '0'),
               ('jit', 'off'),
               ('client_connection_check_interval', '2s'),
               ('lock_timeout', '2s')) AS wanted (name, value)
  JOIN pg_catalog.pg_settings AS known ON lower(known.name) = lower(wanted.name);
