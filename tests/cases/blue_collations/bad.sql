CREATE COLLATION public.sorted (provider = icu, locale = 'de', version = 'old');
CREATE TABLE public.sorted (id int PRIMARY KEY, a text COLLATE public.sorted);
