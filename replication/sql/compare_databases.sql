-- doing: comparing the databases
-- returns: item, the same rows on equal servers, in any order
-- needs: nothing; PostgreSQL 10 and newer. By name: an upgrade from before 15 gives them other oids.
-- reads
SELECT format('database %s, encoding %s', datname, pg_encoding_to_char(encoding)) AS item
  FROM pg_database
 WHERE NOT datistemplate
   AND datallowconn
