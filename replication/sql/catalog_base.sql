-- doing: looking at the schema
-- returns: one row: form, which stays the same as long as nothing is created, dropped or changed in what
--          it covers; since, the oldest transaction that may still change something
-- needs: catalog_prepare on the same session
-- reads
SELECT set_config('pgcutover.since', txid_snapshot_xmin(txid_current_snapshot())::text, false);
EXECUTE pgcutover_catalog
