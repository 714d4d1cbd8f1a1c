-- doing: trying whether a pooler can log in to {subscriber}
-- returns: one row: version_num, is_superuser
-- needs: nothing; it changes nothing, but to get there takes an entry that a dry run does not make
SELECT current_setting('server_version_num') AS version_num,
       current_setting('is_superuser') AS is_superuser
