-- doing: choosing how many connections a pooler opens before they are asked for
-- returns: nothing
-- needs: the admin console of PgBouncer, as an administrator; a RELOAD sets it back
SET min_pool_size = :'count'
