-- doing: looking for what the client probe has written
-- returns: one row: number; or none
-- needs: the table of the client probe
-- reads
SELECT number FROM pgcutover.client_probe WHERE pooler = :'pooler'
