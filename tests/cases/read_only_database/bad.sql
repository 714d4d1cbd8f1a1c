CREATE DATABASE somewhere IS_TEMPLATE true;
ALTER DATABASE somewhere SET default_transaction_read_only = on;
