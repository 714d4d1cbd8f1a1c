-- doing: dropping the publication
-- returns: nothing
-- needs: its owner
SET LOCAL client_min_messages = warning;
DROP PUBLICATION IF EXISTS pgcutover
