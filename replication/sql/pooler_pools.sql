-- doing: seeing that no client waits any more
-- returns: SHOW POOLS
-- needs: the admin console of PgBouncer
-- reads
SHOW POOLS
