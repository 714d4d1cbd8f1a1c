-- doing: looking for duplicate indexes
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. An index that keeps a constraint or an identity is the
--        one that stays; sizes are as of the last VACUUM or ANALYZE, so that no lock is waited for.
-- reads
WITH one AS (
    SELECT i.indrelid, n.nspname, c.relname, ic.relname AS name, ic.relpages,
           format('%s %s %s %s %s %s %s', ic.relam, i.indkey, i.indclass, i.indcollation,
                  i.indoption, i.indexprs, i.indpred) AS definition,
           row_number() OVER (
               PARTITION BY i.indrelid, ic.relam, i.indkey::text, i.indclass::text,
                            i.indcollation::text, i.indoption::text, i.indexprs::text,
                            i.indpred::text, to_jsonb(i) ->> 'indnkeyatts'
                   ORDER BY EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = ic.oid) DESC,
                            i.indisprimary DESC, i.indisreplident DESC, i.indisunique DESC,
                            ic.oid) AS place,
           first_value(ic.relname) OVER (
               PARTITION BY i.indrelid, ic.relam, i.indkey::text, i.indclass::text,
                            i.indcollation::text, i.indoption::text, i.indexprs::text,
                            i.indpred::text, to_jsonb(i) ->> 'indnkeyatts'
                   ORDER BY EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = ic.oid) DESC,
                            i.indisprimary DESC, i.indisreplident DESC, i.indisunique DESC,
                            ic.oid) AS kept,
           i.indisunique OR EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = ic.oid)
               AS is_rule
      FROM pg_index AS i
      JOIN pg_class AS ic ON ic.oid = i.indexrelid AND ic.relkind = 'i'
      JOIN pg_class AS c ON c.oid = i.indrelid AND c.relkind IN ('r', 'm')
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid >= 16384 AND i.indisvalid
)
SELECT nspname || '.' || name AS what,
       format('the same as %s on %s, %s', kept, relname,
              pg_size_pretty(relpages * current_setting('block_size')::bigint)) AS evidence,
       format('DROP INDEX CONCURRENTLY %I.%I;', nspname, name) AS cure
  FROM one
 WHERE place > 1 AND NOT is_rule
 ORDER BY relpages DESC, nspname, name;
