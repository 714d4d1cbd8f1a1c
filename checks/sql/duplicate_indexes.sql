-- doing: looking for duplicate indexes
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. An index that keeps a constraint or an identity, or is a
--        partition of another, is the one that stays; sizes are as of the last VACUUM or ANALYZE, so that
--        no lock is waited for. Where in its statement an expression stood makes no difference; what its
--        operator classes were told, or how much a BRIN sums up, does.
-- reads
WITH candidate AS (
    SELECT i.indrelid, n.nspname, c.relname, ic.oid, ic.relname AS name, ic.relpages,
           ic.relispartition OR EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = ic.oid)
               AS is_constraint,
           i.indisprimary, i.indisreplident, i.indisunique,
           format('%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', ic.relam, i.indkey, i.indclass, i.indcollation,
                  i.indoption,
                  regexp_replace(i.indexprs::text, ':location -?[0-9]+', '', 'g'),
                  regexp_replace(i.indpred::text, ':location -?[0-9]+', '', 'g'),
                  to_jsonb(i) ->> 'indnkeyatts',
                  (SELECT string_agg(a.attnum || a.attoptions::text, '|' ORDER BY a.attnum)
                     FROM pg_attribute AS a WHERE a.attrelid = ic.oid),
                  (SELECT string_agg(option, '|') FROM unnest(ic.reloptions) AS option
                    WHERE option LIKE 'pages_per_range=%')) AS definition
      FROM pg_index AS i
      JOIN pg_class AS ic ON ic.oid = i.indexrelid AND ic.relkind = 'i'
      JOIN pg_class AS c ON c.oid = i.indrelid AND c.relkind IN ('r', 'm')
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid >= 16384 AND i.indisvalid
), one AS (
    SELECT candidate.*, row_number() OVER same AS place, first_value(name) OVER same AS kept,
           indisunique OR is_constraint AS is_rule
      FROM candidate
    WINDOW same AS (PARTITION BY indrelid, definition
                        ORDER BY is_constraint DESC, indisprimary DESC, indisreplident DESC,
                                 indisunique DESC, oid)
)
SELECT nspname || '.' || name AS what,
       format('the same as %s on %s, %s', kept, relname,
              pg_size_pretty(relpages * current_setting('block_size')::bigint)) AS evidence,
       format('DROP INDEX CONCURRENTLY %I.%I;', nspname, name) AS cure
  FROM one
 WHERE place > 1 AND NOT is_rule
 ORDER BY relpages DESC, nspname, name;
