ALTER ROLE ALL SET work_mem = '5MB';
