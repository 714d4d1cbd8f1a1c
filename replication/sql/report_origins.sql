-- doing: reading the replication origins, for the report
-- returns: a row per origin: external_id, remote_lsn, local_lsn
-- needs: superuser; PostgreSQL 10 and newer. The report shows this text: it is to be typed by people, too.
-- reads
SELECT external_id, remote_lsn, local_lsn
  FROM pg_replication_origin_status ORDER BY external_id
