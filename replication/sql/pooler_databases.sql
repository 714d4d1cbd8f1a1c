-- doing: listing a pooler's entries
-- returns: SHOW DATABASES; columns vary by version and are read by name
-- needs: the admin console of PgBouncer
-- reads
SHOW DATABASES
