-- doing: trying whether {subscriber} can be opened again
-- returns: nothing: it ends with SQLSTATE 22012 when all of it can be done; nothing of it stays
-- needs: superuser; one query is one transaction, which the division takes back. The server logs it
--        as an error.
:{statements}; SELECT 1 / 0
