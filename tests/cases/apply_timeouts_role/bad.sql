ALTER ROLE postgres SET lock_timeout = 0;
