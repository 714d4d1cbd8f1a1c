-- doing: creating the publication
-- returns: nothing
-- needs: superuser (FOR ALL TABLES); before the slot is made, rule A0
CREATE PUBLICATION pgcutover FOR ALL TABLES
