sed -i '1i hostnossl all postgres 127.0.0.1/32 scram-sha-256' "$DATA/pg_hba.conf"
