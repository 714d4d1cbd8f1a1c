-- doing: looking for the publication
-- returns: one row: count
-- needs: nothing; PostgreSQL 10 and newer
-- reads
SELECT count(*) FROM pg_publication WHERE pubname = 'pgcutover'
