-- doing: forgetting why a subscription was disabled
-- returns: nothing of use
-- needs: superuser; PostgreSQL 15 and newer on green. A connection that broke counts as an error of
--        the apply worker, too. From 18 on divergence is counted there, and is never forgotten.
SELECT pg_stat_reset_subscription_stats(subscription.oid)
  FROM pg_subscription AS subscription
  JOIN pg_stat_subscription_stats AS stats ON stats.subid = subscription.oid
 WHERE subscription.subname = :'subscription'
   AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND NOT EXISTS (SELECT
                     FROM jsonb_each_text(to_jsonb(stats)) AS counter (name, number)
                    WHERE name LIKE 'confl\_%' AND number <> '0')
