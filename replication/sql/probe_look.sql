-- doing: asking through a pooler who answers
-- returns: one row: version_num, is_read_only
-- needs: nothing
-- reads
SELECT current_setting('server_version_num') AS version_num,
       current_setting('transaction_read_only') AS is_read_only
