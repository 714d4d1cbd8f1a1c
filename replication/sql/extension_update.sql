-- doing: updating an extension
-- returns: nothing
-- needs: superuser or the extension's owner
ALTER EXTENSION :"extension" UPDATE
