DROP TABLE public.sorted;
DROP COLLATION public.sorted;
