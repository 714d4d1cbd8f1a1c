-- doing: looking for databases that cannot be connected to
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT datname AS what,
       CASE WHEN datname = 'template0' THEN 'allows connections, which pg_upgrade refuses'
            WHEN datconnlimit = -2 THEN 'invalid, a DROP DATABASE was interrupted'
            ELSE 'does not allow connections' END AS evidence,
       CASE WHEN datname = 'template0'
            THEN 'ALTER DATABASE template0 WITH ALLOW_CONNECTIONS false;'
            WHEN datconnlimit = -2 THEN format('DROP DATABASE %I;', datname)
            ELSE format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS true;', datname) END AS cure
  FROM pg_database
 WHERE datallowconn = (datname = 'template0') OR datconnlimit = -2
 ORDER BY datname;
