-- doing: looking whether roles or databases changed
-- returns: one row: form, which stays the same as long as they do
-- needs: shared_prepare on the same session
-- reads
EXECUTE pgcutover_shared
