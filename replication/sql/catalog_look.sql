-- doing: looking whether the schema changed
-- returns: one row: form and since, as catalog_base gave them when nothing changed; recent, catalog
--          rows written since then; names of a few of these
-- needs: catalog_base on the same session
-- reads
EXECUTE pgcutover_catalog
