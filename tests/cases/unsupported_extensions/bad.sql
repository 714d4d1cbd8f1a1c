-- as if it were installed: no package has it for every major
SELECT :major < 12 AS old \gset
\if :old
INSERT INTO pg_extension (extname, extowner, extnamespace, extrelocatable, extversion)
    VALUES ('timescaledb', 10, 11, false, '1.4');
\else
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    VALUES (99998, 'timescaledb', 10, 11, false, '1.4');
\endif
