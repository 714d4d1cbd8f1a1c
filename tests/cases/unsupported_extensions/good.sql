DELETE FROM pg_extension WHERE extname = 'timescaledb';
