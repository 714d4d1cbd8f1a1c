DELETE FROM pg_extension WHERE extname = 'pg_cron';
