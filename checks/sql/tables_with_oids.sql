-- doing: looking for tables WITH OIDS
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. A child that only inherits them loses them with its parent,
--        so parents come first.
-- reads
SELECT n.nspname || '.' || c.relname AS what, 'declared WITH OIDS' AS evidence,
       format('ALTER TABLE %I.%I SET WITHOUT OIDS;', n.nspname, c.relname) AS cure
  FROM (SELECT oid, relname, relnamespace
          FROM (VALUES (false)) AS missing (relhasoids),
               LATERAL (SELECT oid, relname, relnamespace
                          FROM pg_class
                         WHERE oid >= 16384 AND relkind IN ('r', 'p') AND relhasoids
                           AND relpersistence <> 't') AS found
       ) AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'oid' AND a.attislocal
 ORDER BY a.attinhcount > 0, c.oid;
