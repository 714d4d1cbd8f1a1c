-- doing: looking for the language of the event triggers that refuse DDL
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'plpgsql' AS what, 'refuse_ddl = yes, and the language is not there' AS evidence,
       'CREATE EXTENSION plpgsql;' AS cure
 WHERE :'refuse_ddl'::boolean
   AND NOT EXISTS (SELECT FROM pg_language WHERE lanname = 'plpgsql');
