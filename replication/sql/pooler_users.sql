-- doing: listing a pooler's users
-- returns: SHOW USERS: those of auth_file and [users]; columns vary by version and are read by name
-- needs: the admin console of PgBouncer
-- reads
SHOW USERS
