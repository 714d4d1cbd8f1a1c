SELECT format('COMMENT ON ROLE reporting IS %L', rolpassword) FROM pg_authid WHERE rolname = 'reporting' \gexec
ALTER ROLE reporting PASSWORD 'another';
