ALTER ROLE postgres IN DATABASE clean RESET xmloption;
