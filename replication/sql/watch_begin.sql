-- doing: beginning to watch
-- returns: one row: version_num
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT current_setting('server_version_num')::bigint AS version_num
