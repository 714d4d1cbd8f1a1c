CREATE DATABASE broken IS_TEMPLATE true;
UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken';
