-- doing: looking for other publications of all tables
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT pubname AS what,
       format('publishes all tables of this database, owned by %s', pg_get_userbyid(pubowner))
           AS evidence
  FROM pg_publication
 WHERE puballtables AND pubname <> :'publication'
 ORDER BY pubname;
