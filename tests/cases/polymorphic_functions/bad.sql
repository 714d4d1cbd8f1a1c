CREATE AGGREGATE collect (anyelement) (SFUNC = array_append, STYPE = anyarray, INITCOND = '{}');
CREATE OPERATOR @+ (PROCEDURE = array_cat, LEFTARG = anyarray, RIGHTARG = anyarray);
CREATE AGGREGATE fine (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
