SELECT format('DROP TABLE t%s', n) FROM generate_series(1, 2700) AS n \gexec
