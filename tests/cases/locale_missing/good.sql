UPDATE pg_database SET datcollate = 'C.UTF-8' WHERE datname = 'elsewhere';
ALTER DATABASE elsewhere IS_TEMPLATE false;
DROP DATABASE elsewhere;
