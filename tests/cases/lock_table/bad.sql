SELECT format('CREATE TABLE t%s (id integer) PARTITION BY LIST (id)', n)
  FROM generate_series(1, 2700) AS n \gexec
