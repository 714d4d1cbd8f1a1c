-- doing: looking which sessions are the pooler's
-- returns: SHOW SERVERS
-- needs: the admin console of PgBouncer
-- reads
SHOW SERVERS
