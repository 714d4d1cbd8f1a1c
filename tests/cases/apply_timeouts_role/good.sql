ALTER ROLE postgres RESET lock_timeout;
