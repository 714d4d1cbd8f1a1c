ALTER DATABASE pattern IS_TEMPLATE false;
DROP DATABASE pattern;
\connect template1
DROP TABLE odd;
