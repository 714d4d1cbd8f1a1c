-- doing: holding the clients of an entry (waits for the transactions that are open)
-- returns: nothing
-- needs: the admin console of PgBouncer, as an administrator; a pending PAUSE occupies the console
PAUSE :"entry"
