sed -i 1d "$DATA/pg_hba.conf"
