-- doing: opening green to clients
-- returns: nothing
-- needs: superuser; may be repeated. The same privileges and settings as blue had before its fence.
:{statements}
