\set name `printf 'two\nlines'`
CREATE ROLE :"name";
