-- doing: explaining a statement
-- returns: one row: "QUERY PLAN", JSON
-- needs: what the statement needs. One statement (SQL_ONE), behind plans_begin.
-- reads
EXPLAIN (:{options})
:{statement}
