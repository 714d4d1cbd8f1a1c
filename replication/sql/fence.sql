-- doing: closing {publisher} to clients
-- returns: nothing
-- needs: superuser; one transaction for the whole cluster, undone by the SQL recorded before
:{statements}
