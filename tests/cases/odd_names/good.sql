\set name `printf 'two\nlines'`
DROP ROLE :"name";
