CREATE COLLATION public.sorted (provider = icu, locale = 'de', version = 'old');
CREATE TABLE public.sorted (a text COLLATE public.sorted PRIMARY KEY);
