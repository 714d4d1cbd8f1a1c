-- doing: checking whether access rules and TLS files can be read
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer; of interest before 11
-- reads
SELECT file.name AS what,
       format('%s is outside of %s', file.setting, current_setting('data_directory')) AS evidence
  FROM pg_settings AS file
 WHERE (file.name IN ('hba_file', 'ident_file')
        OR file.name IN ('ssl_cert_file', 'ssl_key_file', 'ssl_ca_file', 'ssl_crl_file')
           AND current_setting('ssl')::boolean)
   AND file.setting LIKE '/%'
   AND left(file.setting, length(current_setting('data_directory')) + 1)
       <> current_setting('data_directory') || '/';
