-- doing: reading a pooler's settings
-- returns: SHOW CONFIG: key, value
-- needs: the admin console of PgBouncer
-- reads
SHOW CONFIG
