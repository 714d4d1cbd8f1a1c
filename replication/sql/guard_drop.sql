-- doing: dropping the event triggers that refuse DDL
-- returns: nothing
-- needs: superuser
SET LOCAL client_min_messages = warning;
DROP EVENT TRIGGER IF EXISTS pgcutover_refuse_concurrently;
DROP EVENT TRIGGER IF EXISTS pgcutover_refuse_drop;
DROP EVENT TRIGGER IF EXISTS pgcutover_refuse_ddl;
DROP FUNCTION IF EXISTS pgcutover.refuse_ddl()
