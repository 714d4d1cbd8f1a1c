SELECT format('ALTER ROLE reporting PASSWORD %L', shobj_description(oid, 'pg_authid'))
  FROM pg_authid WHERE rolname = 'reporting' \gexec
COMMENT ON ROLE reporting IS NULL;
