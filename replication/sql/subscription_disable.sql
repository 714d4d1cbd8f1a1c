-- doing: disabling the subscription
-- returns: nothing
-- needs: its owner
ALTER SUBSCRIPTION :"subscription" DISABLE
