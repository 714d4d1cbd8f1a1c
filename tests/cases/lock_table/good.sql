SELECT format('DROP TABLE %I', relname) FROM pg_class WHERE relkind = 'p' AND relname ~ '^t[0-9]+$' \gexec
