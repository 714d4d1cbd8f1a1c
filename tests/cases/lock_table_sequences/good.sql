SELECT format('DROP SEQUENCE %I', relname) FROM pg_class WHERE relkind = 'S' AND relname ~ '^s[0-9]+$' \gexec
