-- doing: comparing large objects
-- returns: item, the same rows on equal servers, in any order
-- needs: any login; PostgreSQL 10 and newer. They are never replicated (check P02): one that was made
--        or removed since the clone would be lost; their contents are not compared.
-- reads
SELECT format('large objects: %s, the last one is %s', count(*), coalesce(max(oid)::text, 'none'))
           AS item
  FROM pg_largeobject_metadata;
