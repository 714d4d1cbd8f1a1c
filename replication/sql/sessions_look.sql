-- doing: looking who is connected to {publisher}
-- returns: a row per session of a client that is not ours: id (its pid and when it began), pid, usename,
--          application_name, client_addr, in_transaction, is_kept
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT pid || ' ' || backend_start AS id, pid, usename,
       coalesce(nullif(application_name, ''), 'no application name') AS application_name,
       coalesce(host(client_addr), 'a socket') AS client_addr,
       xact_start IS NOT NULL AS in_transaction,
       usename = ANY (:'keep'::text[]) AS is_kept
  FROM pg_stat_activity
 WHERE backend_type = 'client backend'
   AND state IS DISTINCT FROM 'starting'
   AND application_name NOT IN (:'application_name', :'application_name' || ' watch')
   AND pid <> pg_backend_pid()
 ORDER BY usename, application_name, client_addr, pid
