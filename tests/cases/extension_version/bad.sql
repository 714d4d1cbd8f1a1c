-- as if a newer package had been installed once
UPDATE pg_extension SET extversion = '9.9' WHERE extname = 'plpgsql';
