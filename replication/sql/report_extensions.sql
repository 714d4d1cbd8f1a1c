-- doing: reading the extensions of a database, for the report
-- returns: a row per extension: extname, extversion
-- needs: any login; PostgreSQL 10 and newer. The report shows this text: it is to be typed by people, too.
-- reads
SELECT extname, extversion FROM pg_extension ORDER BY extname
