-- doing: releasing the clients of an entry
-- returns: nothing; an error when the entry was not paused
-- needs: the admin console of PgBouncer, as an administrator
RESUME :"entry"
