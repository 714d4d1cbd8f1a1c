-- doing: listing a pooler's server connections
-- returns: SHOW SERVERS
-- needs: the admin console of PgBouncer
-- reads
SHOW SERVERS
