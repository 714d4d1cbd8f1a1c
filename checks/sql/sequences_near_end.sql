-- doing: looking for sequences that are nearly used up
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer. Read as a table is, with its lock: the functions of
--        sequences take a stronger one. Locks last as long as their transaction, and production needs
--        its lock table: each sequence is read in a part that is rolled back. A column may end before
--        its sequence does.
-- reads
DO $$
DECLARE
    sequence regclass;
    value bigint;
    found text[] := '{}';
BEGIN
    FOR sequence IN SELECT oid FROM pg_class WHERE relkind = 'S' AND relpersistence <> 't' LOOP
        BEGIN
            EXECUTE format('SELECT last_value FROM %s', sequence) INTO value;
            found := array_append(found, format('%s=%s', sequence::oid, value));
            RAISE SQLSTATE 'PC000';
        EXCEPTION
            WHEN SQLSTATE 'PC000' THEN NULL;
            WHEN undefined_table OR syntax_error THEN NULL;  -- dropped meanwhile: its OID is its name
        END;
    END LOOP;
    PERFORM set_config('pgcutover.sequences', found::text, false);
END $$;
WITH looked AS (
    SELECT split_part(entry, '=', 1)::oid AS oid, split_part(entry, '=', 2)::numeric AS last_value
      FROM unnest(current_setting('pgcutover.sequences')::text[]) AS entry
), sequence AS (
    SELECT n.nspname, c.relname, s.seqincrement, l.last_value,
           least(s.seqmax, filled.largest) AS highest,
           greatest(s.seqmin, -filled.largest - 1) AS lowest
      FROM looked AS l
      JOIN pg_sequence AS s ON s.seqrelid = l.oid
      JOIN pg_class AS c ON c.oid = l.oid
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (SELECT min(CASE a.atttypid WHEN 'int2'::regtype THEN 32767
                                                    WHEN 'int4'::regtype THEN 2147483647 END)
                                AS largest
                           FROM pg_depend AS d
                           JOIN pg_attribute AS a ON a.attrelid = d.refobjid
                                                 AND a.attnum = d.refobjsubid
                          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                            AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass
                            AND d.deptype IN ('a', 'i')) AS filled
     WHERE NOT s.seqcycle
)
SELECT nspname || '.' || relname AS what,
       format('at %s, its end is %s', coalesce(last_value::text, 'a value that could not be read'),
              CASE WHEN seqincrement > 0 THEN highest ELSE lowest END) AS evidence
  FROM sequence
 WHERE last_value IS NULL
    OR CASE WHEN seqincrement > 0 THEN last_value - lowest ELSE highest - last_value END
       > (highest::numeric - lowest) * 0.9
   AND highest::numeric - lowest > 1000
 ORDER BY nspname, relname;
