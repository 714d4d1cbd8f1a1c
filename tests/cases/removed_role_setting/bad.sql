CREATE ROLE old;
ALTER ROLE old SET vacuum_cleanup_index_scale_factor = 0.5;
