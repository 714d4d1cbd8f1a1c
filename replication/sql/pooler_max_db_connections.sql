-- doing: choosing how many connections a pooler opens to a database
-- returns: nothing
-- needs: the admin console of PgBouncer, as an administrator; a RELOAD sets it back
SET max_db_connections = :'count'
