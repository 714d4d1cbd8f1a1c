ALTER ROLE postgres IN DATABASE clean SET xmloption = 'document';
