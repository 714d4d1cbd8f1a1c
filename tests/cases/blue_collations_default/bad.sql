UPDATE pg_database SET datcollversion = 'old' WHERE datname = current_database();
