-- doing: seeing whether a pooler is paused as a whole
-- returns: SHOW STATE: key, value; SHOW DATABASES tells of pauses of single entries only
-- needs: the admin console of PgBouncer 1.19 and newer
-- reads
SHOW STATE
