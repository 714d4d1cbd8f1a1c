-- doing: dropping the marker tables
-- returns: nothing
-- needs: their owner
SET LOCAL client_min_messages = warning;
DROP TABLE IF EXISTS pgcutover.client_probe;
DROP TABLE IF EXISTS pgcutover.marker;
DROP SCHEMA IF EXISTS pgcutover
