-- doing: preparing a statement
-- returns: nothing
-- needs: what the statement needs. One statement (SQL_ONE), behind plans_begin.
-- reads
PREPARE pgcutover_plan AS
:{statement}
