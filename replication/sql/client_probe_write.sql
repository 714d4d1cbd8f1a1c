-- doing: writing as a client of a pooler
-- returns: one row: number, how many writes the row has seen; database
-- needs: the table of the client probe. A row for each pooler, so that it does not grow. It comes as
--        any client, so that nothing is set but for the one transaction that it is.
SET LOCAL statement_timeout = '1s';
INSERT INTO pgcutover.client_probe AS old (pooler, number) VALUES (:'pooler', 1)
    ON CONFLICT (pooler) DO UPDATE SET number = old.number + 1, written = now()
    RETURNING number, current_database() AS database
