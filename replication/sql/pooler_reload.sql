-- doing: making a pooler read its files
-- returns: nothing; success says little before 1.25, so what it did is read back
-- needs: the admin console of PgBouncer, as an administrator
RELOAD
