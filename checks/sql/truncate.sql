-- doing: looking for a release that does not replicate TRUNCATE
-- returns: a row a finding: what, evidence. Always one: who truncates what, no catalog tells.
-- needs: any login; PostgreSQL 10
-- reads
SELECT 'TRUNCATE' AS what,
       format('PostgreSQL %s neither sends nor applies it',
              split_part(current_setting('server_version'), ' ', 1)) AS evidence;
