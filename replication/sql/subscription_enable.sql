-- doing: enabling the subscription
-- returns: nothing
-- needs: its owner
ALTER SUBSCRIPTION :"subscription" ENABLE
