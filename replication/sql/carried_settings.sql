-- doing: reading the parameters to carry over
-- returns: a row per parameter of blue's files or command line: name, value
-- needs: superuser (pg_file_settings); PostgreSQL 10 and newer. Rules A4 and P07: what names blue's
--        own place, its archive, its upstream or its standbys is left behind.
-- reads
WITH found AS (
    SELECT name, setting AS value, 1 AS preference, seqno
      FROM pg_file_settings
     WHERE applied AND error IS NULL
    UNION ALL
    SELECT name, current_setting(name), 2, 0
      FROM pg_settings
     WHERE source = 'command line'
)
SELECT DISTINCT ON (name) name, value
  FROM found
 WHERE name NOT IN (
        'data_directory', 'config_file', 'hba_file', 'ident_file', 'external_pid_file', 'port',
        'listen_addresses', 'unix_socket_directories', 'archive_mode', 'archive_command',
        'archive_library', 'archive_cleanup_command', 'restore_command', 'primary_conninfo',
        'primary_slot_name', 'promote_trigger_file', 'trigger_file', 'standby_mode',
        'synchronous_standby_names', 'default_transaction_read_only', 'hot_standby',
        'ssl_cert_file', 'ssl_key_file', 'ssl_ca_file', 'ssl_crl_file', 'ssl_crl_dir',
        'ssl_dh_params_file', 'wal_level', 'stats_temp_directory', 'bonjour_name',
        'in_hot_standby', 'data_checksums')
   AND name NOT LIKE 'recovery\_%'
 ORDER BY name, preference DESC, seqno DESC
