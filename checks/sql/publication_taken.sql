-- doing: looking for a publication with our name
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT pubname AS what,
       CASE WHEN puballtables THEN 'a publication for all tables' ELSE 'a publication' END
           AS evidence,
       format('DROP PUBLICATION %I;', pubname) AS cure
  FROM pg_publication
 WHERE pubname = :'publication' AND NOT :'run_known'::boolean;
