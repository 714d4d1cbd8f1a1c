-- doing: opening the console of a pooler
-- returns: SHOW VERSION
-- needs: the admin console of PgBouncer
-- reads
SHOW VERSION
