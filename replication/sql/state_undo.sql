-- doing: noting on {subscriber} that the {procedure} is undone
-- returns: one row: state, how green stood before
-- needs: the marker tables. Whoever comes later with the same attempt, an engine whose host was asleep
--        for instance, cannot open green any more. A state that is not there is never made here: the
--        row belongs to blue, and its insertion would arrive a second time.
WITH before AS (
    SELECT value FROM pgcutover.marker WHERE id = 3 FOR UPDATE
), undone AS (
    UPDATE pgcutover.marker SET value = 'undone ' || :'attempt', written = now()
     WHERE id = 3 AND value = 'armed ' || :'attempt')
SELECT coalesce((SELECT value FROM before), 'nothing') AS state
