-- doing: reading blue's access rules and TLS files
-- returns: one row: hba, ident, listen_addresses, and cert, key, ca, crl (NULL where not set)
-- needs: superuser (pg_read_file); PostgreSQL 10 and newer
-- reads
SELECT pg_read_file(current_setting('hba_file')) AS hba,
       pg_read_file(current_setting('ident_file')) AS ident,
       current_setting('listen_addresses') AS listen_addresses,
       CASE WHEN current_setting('ssl')::boolean AND current_setting('ssl_cert_file') <> ''
            THEN pg_read_file(current_setting('ssl_cert_file')) END AS cert,
       CASE WHEN current_setting('ssl')::boolean AND current_setting('ssl_key_file') <> ''
            THEN pg_read_file(current_setting('ssl_key_file')) END AS key,
       CASE WHEN current_setting('ssl')::boolean AND current_setting('ssl_ca_file') <> ''
            THEN pg_read_file(current_setting('ssl_ca_file')) END AS ca,
       CASE WHEN current_setting('ssl')::boolean AND current_setting('ssl_crl_file') <> ''
            THEN pg_read_file(current_setting('ssl_crl_file')) END AS crl
