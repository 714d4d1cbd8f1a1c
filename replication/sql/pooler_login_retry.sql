-- doing: choosing how soon a pooler tries a server again
-- returns: nothing
-- needs: the admin console of PgBouncer, as an administrator; a RELOAD sets it back
SET server_login_retry = :'seconds'
