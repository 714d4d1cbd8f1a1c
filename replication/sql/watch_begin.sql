-- doing: beginning to watch
-- returns: one row: version_num, read_only: our session from now on
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT current_setting('server_version_num')::bigint AS version_num,
       set_config('default_transaction_read_only', 'on', false) AS read_only
