-- a segment that was full an hour ago: another one was written since
CREATE TABLE written AS SELECT 1 AS one;
DROP TABLE written;
SELECT pg_switch_wal();
CREATE TABLE written AS SELECT 1 AS one;
DROP TABLE written;
SELECT pg_switch_wal();
CREATE TABLE written AS SELECT 1 AS one;
DROP TABLE written;
\setenv DIRECTORY :directory
\! cd "$DIRECTORY"/blue/data/pg_wal && touch -d '1 hour ago' "$(ls | grep -E '^[0-9A-F]{24}$' | sort | head -n 1)"
