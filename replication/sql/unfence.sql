-- doing: opening {publisher} to clients again
-- returns: nothing
-- needs: superuser; may be repeated
:{statements}
