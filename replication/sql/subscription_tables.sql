-- doing: listing the subscribed tables
-- returns: one row: tables, a JSON array of [schema, table], ordered as publication_tables does;
--          count; not_ready, how many are in another state than 'r'
-- needs: superuser; pg_subscription is shared, so subdbid is named (rule I.9)
-- reads
SELECT coalesce(json_agg(json_build_array(namespace.nspname, class.relname)
                         ORDER BY namespace.nspname, class.relname), '[]')::text AS tables,
       count(*) AS count,
       count(*) FILTER (WHERE relation.srsubstate <> 'r') AS not_ready
  FROM pg_subscription AS subscription
  JOIN pg_subscription_rel AS relation ON relation.srsubid = subscription.oid
  JOIN pg_class AS class ON class.oid = relation.srrelid
  JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
 WHERE subscription.subname = :'subscription'
   AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
