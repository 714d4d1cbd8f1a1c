-- doing: asking through a pooler as whom a client comes
-- returns: one row: role, quoted, and database, as the server knows them
-- needs: nothing
-- reads
SELECT quote_ident(current_user) AS role, current_database() AS database
