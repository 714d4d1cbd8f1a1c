CREATE DATABASE limits;
CREATE DATABASE roles;
CREATE DATABASE none;
ALTER ROLE ALL SET lock_timeout = '2min';
ALTER DATABASE limits SET lock_timeout = '3s';
ALTER DATABASE roles SET lock_timeout = '3s';
ALTER ROLE postgres IN DATABASE roles SET lock_timeout = '4s';
ALTER DATABASE none SET lock_timeout = '0ms';
