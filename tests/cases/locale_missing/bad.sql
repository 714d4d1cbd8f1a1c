-- a template: nobody has to get into it
CREATE DATABASE elsewhere TEMPLATE template0 IS_TEMPLATE true;
UPDATE pg_database SET datcollate = 'xx_XX.UTF-8' WHERE datname = 'elsewhere';
