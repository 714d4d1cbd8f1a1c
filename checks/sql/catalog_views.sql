-- doing: looking for views over what a newer catalog lacks
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. Only of a view that reads such a catalog the text is
--        asked for: the server locks what it reads to tell it.
-- reads
WITH gone (relation, attribute, since) AS (
    VALUES ('pg_class', 'relhaspkey', 110000), ('pg_proc', 'proisagg', 110000),
           ('pg_proc', 'proiswindow', 110000), ('pg_class', 'relhasoids', 120000),
           ('pg_attrdef', 'adsrc', 120000), ('pg_constraint', 'consrc', 120000),
           ('pg_proc', 'protransform', 120000), ('pg_statistic_ext', 'stxndistinct', 120000),
           ('pg_statistic_ext', 'stxdependencies', 120000), ('pg_pltemplate', NULL, 130000),
           ('pg_stat_wal_receiver', 'received_lsn', 130000),
           ('pg_stat_ssl', 'compression', 140000), ('pg_database', 'datlastsysoid', 150000),
           ('pg_database', 'daticulocale', 170000), ('pg_collation', 'colliculocale', 170000),
           ('pg_stat_bgwriter', 'checkpoints_timed', 170000),
           ('pg_stat_bgwriter', 'checkpoints_req', 170000),
           ('pg_stat_bgwriter', 'checkpoint_write_time', 170000),
           ('pg_stat_bgwriter', 'checkpoint_sync_time', 170000),
           ('pg_stat_bgwriter', 'buffers_checkpoint', 170000),
           ('pg_stat_bgwriter', 'buffers_backend', 170000),
           ('pg_stat_bgwriter', 'buffers_backend_fsync', 170000),
           ('pg_stat_progress_vacuum', 'max_dead_tuples', 170000),
           ('pg_stat_progress_vacuum', 'num_dead_tuples', 170000),
           ('pg_attribute', 'attcacheoff', 180000), ('pg_stat_io', 'op_bytes', 180000),
           ('pg_stat_wal', 'wal_write', 180000), ('pg_stat_wal', 'wal_sync', 180000),
           ('pg_stat_wal', 'wal_write_time', 180000), ('pg_stat_wal', 'wal_sync_time', 180000)
), missed AS (
    SELECT c.oid AS relid, g.relation, g.attribute
      FROM gone AS g
      JOIN pg_class AS c ON c.relname = g.relation
                        AND c.relnamespace = 'pg_catalog'::regnamespace
     WHERE :'green_version'::int >= g.since
       AND (g.attribute IS NULL
            OR EXISTS (SELECT FROM pg_attribute AS a
                        WHERE a.attrelid = c.oid AND a.attname = g.attribute))
), reads AS (
    SELECT ':relid (' || string_agg(DISTINCT relid::text, '|') || ') ' AS pattern FROM missed
), view AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, r.ev_action::text AS tree
      FROM reads, pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_rewrite AS r ON r.ev_class = c.oid AND r.ev_type = '1'
     WHERE c.relkind IN ('v', 'm') AND c.oid >= 16384
       AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       AND r.ev_action::text ~ reads.pattern
       AND NOT EXISTS (SELECT FROM pg_depend AS member
                        WHERE member.classid = 'pg_class'::regclass AND member.objid = c.oid
                          AND member.deptype = 'e')
    OFFSET 0
), told AS (
    SELECT view.*, pg_get_viewdef(oid) AS definition FROM view OFFSET 0
)
SELECT v.nspname || '.' || v.relname AS what,
       format('reads %s, which green''s release does not have',
              string_agg(DISTINCT m.relation || coalesce('.' || m.attribute, ''), ', ')) AS evidence,
       format('DROP %s %I.%I;', CASE v.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
              v.nspname, v.relname) AS cure
  FROM told AS v
  JOIN missed AS m ON v.tree LIKE '%:relid ' || m.relid || ' %'
                  AND (m.attribute IS NULL OR v.definition ~ ('\m' || m.attribute || '\M'))
 GROUP BY v.nspname, v.relname, v.relkind
 ORDER BY v.nspname, v.relname;
