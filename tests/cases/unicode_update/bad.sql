CREATE TABLE t (id integer PRIMARY KEY, x text COLLATE pg_c_utf8, y text);
CREATE INDEX t_lower ON t (lower(x));
CREATE INDEX t_like ON t (id) WHERE x ILIKE 'a%';
CREATE INDEX t_match ON t (id) WHERE x ~ '^[[:alpha:]]';
CREATE INDEX t_match_not ON t (id) WHERE x::character(9) !~ '^[[:alpha:]]';
ALTER TABLE t ADD CONSTRAINT t_normal CHECK (x IS NFC NORMALIZED);
-- not of the builtin provider, not of Unicode, not by case
CREATE INDEX t_lower_libc ON t (lower(y));
CREATE INDEX t_lower_c ON t (lower(y COLLATE "C"));
CREATE INDEX t_match_c ON t (id) WHERE y COLLATE "C" ~ '^[[:alpha:]]';
CREATE INDEX t_like_case ON t (id) WHERE x LIKE 'a%';
CREATE INDEX t_length ON t (length(x));
