CREATE TABLE public.t (a int);
CREATE INDEX t_a ON public.t (a);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'public.t_a'::regclass;
