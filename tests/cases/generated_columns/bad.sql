CREATE FUNCTION slug(text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog
AS $$ SELECT lower($1) $$;
CREATE TABLE person (id integer PRIMARY KEY, name text,
                     slug text GENERATED ALWAYS AS (slug(name)) STORED,
                     size integer GENERATED ALWAYS AS (length(name)) STORED);
