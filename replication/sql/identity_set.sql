-- doing: setting a replica identity
-- returns: nothing
-- needs: the table's owner; takes ACCESS EXCLUSIVE on the table, so lock_timeout bounds the wait
ALTER TABLE :"schema".:"table" REPLICA IDENTITY :{identity}
