-- doing: counting how many connections a server has for clients
-- returns: one row: room
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT current_setting('max_connections')::int
       - current_setting('superuser_reserved_connections')::int
       - coalesce(current_setting('reserved_connections', true)::int, 0) AS room;
