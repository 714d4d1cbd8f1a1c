-- doing: reading the server's identity
-- returns: one row: system_identifier, timeline, version_num, version, is_in_recovery, is_superuser,
--          bootstrap_superuser, data_checksums, segment_mb, encoding, provider, lc_collate, lc_ctype,
--          icu_locale, data_directory, size_bytes, rolname
-- needs: superuser; PostgreSQL 10 and newer. The timeline of the WAL that is written: right behind a
--        promotion the control file still names the old one.
-- reads
SELECT system.system_identifier::text AS system_identifier,
       CASE WHEN pg_is_in_recovery() THEN checkpoint.timeline_id
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
       END AS timeline,
       current_setting('server_version_num') AS version_num,
       current_setting('server_version') AS version,
       pg_is_in_recovery() AS is_in_recovery,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
       (SELECT rolname FROM pg_authid WHERE oid = 10) AS bootstrap_superuser,
       current_setting('data_checksums') AS data_checksums,
       (SELECT (setting::bigint * CASE unit WHEN '8kB' THEN 8192 WHEN 'B' THEN 1 END / 1048576)::text
          FROM pg_settings WHERE name = 'wal_segment_size') AS segment_mb,
       pg_encoding_to_char(template.encoding) AS encoding,
       coalesce(to_jsonb(template) ->> 'datlocprovider', 'c') AS provider,
       template.datcollate AS lc_collate,
       template.datctype AS lc_ctype,
       coalesce(to_jsonb(template) ->> 'datlocale', to_jsonb(template) ->> 'daticulocale', '')
           AS icu_locale,
       current_setting('data_directory') AS data_directory,
       (SELECT sum(pg_database_size(oid))::bigint FROM pg_database) AS size_bytes,
       current_user AS rolname
  FROM pg_control_system() AS system,
       pg_control_checkpoint() AS checkpoint,
       pg_database AS template
 WHERE template.datname = 'template0'
