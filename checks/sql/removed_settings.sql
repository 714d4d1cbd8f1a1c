-- doing: looking for settings that green does not know
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer
-- reads
WITH removed (name, since) AS (
    VALUES ('replacement_sort_tuples', 110000), ('wal_keep_segments', 130000),
           ('operator_precedence_warning', 140000), ('vacuum_cleanup_index_scale_factor', 140000),
           ('stats_temp_directory', 150000), ('promote_trigger_file', 160000),
           ('vacuum_defer_cleanup_age', 160000), ('old_snapshot_threshold', 170000),
           ('db_user_namespace', 170000), ('trace_recovery_messages', 170000)
)
SELECT r.name AS what, s.setting || ' in the configuration of the server' AS evidence,
       format('ALTER SYSTEM RESET %I; or remove it from postgresql.conf', r.name) AS cure
  FROM removed AS r
  JOIN pg_settings AS s ON s.name = r.name
 WHERE s.source NOT IN ('default', 'override', 'client', 'session')
   AND :'green_version'::int >= r.since
UNION ALL
SELECT r.name, format('%s of %s in %s', entry, coalesce('role ' || a.rolname, 'all roles'),
                      coalesce('database ' || d.datname, 'all databases')),
       CASE WHEN d.oid IS NULL
            THEN format('ALTER ROLE %s RESET %I;', coalesce(quote_ident(a.rolname), 'ALL'), r.name)
            WHEN a.oid IS NULL THEN format('ALTER DATABASE %I RESET %I;', d.datname, r.name)
            ELSE format('ALTER ROLE %I IN DATABASE %I RESET %I;', a.rolname, d.datname, r.name)
       END
  FROM pg_db_role_setting AS s
  LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
  LEFT JOIN pg_roles AS a ON a.oid = s.setrole
 CROSS JOIN unnest(s.setconfig) AS entry
  JOIN removed AS r ON r.name = split_part(entry, '=', 1)
 WHERE :'green_version'::int >= r.since;
