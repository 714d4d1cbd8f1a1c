-- doing: reading the subscriptions, for the report
-- returns: a row per subscription of all databases: database, subname, subenabled, subslotname
-- needs: any login; PostgreSQL 10 and newer. The report shows this text: it is to be typed by people, too.
-- reads
SELECT datname AS database, subname, subenabled, subslotname
  FROM pg_subscription JOIN pg_database AS d ON d.oid = subdbid ORDER BY datname, subname
