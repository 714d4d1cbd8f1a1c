-- doing: setting up our session
-- returns: one row per setting made
-- needs: nothing; PostgreSQL 10 and newer. Settings that a server does not know are left out, and
--        defaults of a role or database (read only, time-outs) are overridden for our session only.
--        Who is no superuser sets what he may: that he is none is for the checks to say.
--        What we ask is no part of what applications ask: pg_stat_statements does not count it.
--        Names are compared in small letters: the view has "TimeZone" and "DateStyle".
-- reads
SELECT set_config(wanted.name, wanted.value, false)
  FROM (VALUES ('search_path', 'pg_catalog'),
               ('default_transaction_read_only', 'off'),
               ('default_transaction_isolation', 'read committed'),
               ('standard_conforming_strings', 'on'),
               ('synchronous_commit', 'on'),
               ('lock_timeout', '2s'),
               ('idle_in_transaction_session_timeout', '0'),
               ('idle_session_timeout', '0'),
               ('transaction_timeout', '0'),
               ('log_min_duration_statement', '-1'),
               ('timezone', 'UTC'),
               ('datestyle', 'ISO, MDY'),
               ('intervalstyle', 'postgres'),
               ('bytea_output', 'hex'),
               ('extra_float_digits', '0'),
               ('session_replication_role', 'origin'),
               ('pg_stat_statements.track', 'none'),
               ('jit', 'off')) AS wanted (name, value)
  JOIN pg_catalog.pg_settings AS known ON lower(known.name) = wanted.name
 WHERE known.context = 'user'
    OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user);
