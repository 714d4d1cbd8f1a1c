-- doing: looking for foreign keys without an index
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. Tables of less than a thousand rows are left out. An index of
--        the rows whose key IS NOT NULL serves as well as one of all.
-- reads
SELECT format('%s.%s.%s', n.nspname, c.relname, k.conname) AS what,
       format('refers to %s, about %s rows, no index begins with %s', k.confrelid::regclass,
              c.reltuples::bigint, keys.names) AS evidence,
       format('CREATE INDEX CONCURRENTLY ON %I.%I (%s);', n.nspname, c.relname, keys.names) AS cure
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY key.place) AS names
          FROM unnest(k.conkey) WITH ORDINALITY AS key (number, place)
          JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = key.number) AS keys
 WHERE k.contype = 'f' AND c.relkind = 'r' AND c.reltuples >= 1000
   AND NOT EXISTS (SELECT FROM pg_index AS i
                    CROSS JOIN LATERAL (SELECT $re$\{NULLTEST :arg \{VAR :varno 1 :varattno $re$
                                               || '(' || array_to_string(k.conkey, '|')
                                               || $re$) [^{}]*\} :nulltesttype 1 [^{}]*\}$re$)
                               AS is_not_null (pattern)
                    WHERE i.indrelid = k.conrelid AND i.indisvalid
                      AND (i.indpred IS NULL
                           OR regexp_replace(i.indpred::text, is_not_null.pattern, '', 'g')
                              ~ '^(\{BOOLEXPR :boolop and :args \( *\)[^{}]*\})?$')
                      AND (string_to_array(i.indkey::text, ' ')::int2[])
                              [1 : cardinality(k.conkey)] @> k.conkey
                      AND k.conkey @> (string_to_array(i.indkey::text, ' ')::int2[])
                              [1 : cardinality(k.conkey)])
 ORDER BY c.reltuples DESC, n.nspname, c.relname, k.conname;
