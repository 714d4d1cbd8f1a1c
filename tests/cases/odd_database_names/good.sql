ALTER DATABASE "dbname=x" IS_TEMPLATE false;
DROP DATABASE "dbname=x";
