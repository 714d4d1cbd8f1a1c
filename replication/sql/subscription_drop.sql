-- doing: dropping the subscription (the slot is dropped apart)
-- returns: nothing
-- needs: its owner; slot_name = NONE first, or DROP would reach over to the publisher
ALTER SUBSCRIPTION :"subscription" DISABLE;
ALTER SUBSCRIPTION :"subscription" SET (slot_name = NONE);
DROP SUBSCRIPTION :"subscription"
