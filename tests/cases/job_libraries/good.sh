rm "$DIRECTORY/home/pg_cron.so"
