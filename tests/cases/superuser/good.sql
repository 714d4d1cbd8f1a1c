DROP ROLE plain;
