-- doing: looking for the marker
-- returns: one row with value, or none
-- needs: the marker tables
-- reads
SELECT value FROM pgcutover.marker WHERE id = :'id'::integer
