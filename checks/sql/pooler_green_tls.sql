-- doing: looking whether green speaks TLS
-- returns: one row: ssl
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT current_setting('ssl') AS ssl;
