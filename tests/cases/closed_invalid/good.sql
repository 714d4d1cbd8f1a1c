UPDATE pg_database SET datconnlimit = -1, datistemplate = false WHERE datname = 'broken';
DROP DATABASE broken;
