SELECT format('CREATE SEQUENCE s%s', n) FROM generate_series(1, 650) AS n \gexec
