-- doing: asking for a password as a pooler does
-- returns: one row: found; no password leaves the server
-- needs: superuser; PostgreSQL 10 and newer
-- reads
BEGIN READ ONLY;
SET LOCAL ROLE :"user";
PREPARE pgcutover_auth_query AS SELECT count(answer) AS found FROM (:{query}
) AS answer;
EXECUTE pgcutover_auth_query (:'user');
ROLLBACK;
