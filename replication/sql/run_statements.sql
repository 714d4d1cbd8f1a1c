-- doing: applying settings
-- returns: nothing
-- needs: superuser
:{statements}
