-- doing: choosing how soon {subscriber} reports what it has applied
-- returns: nothing
-- needs: its owner. "on" makes confirmed_flush_lsn follow within a millisecond instead of 200; the
--        worker is not restarted (rule C1).
ALTER SUBSCRIPTION :"subscription" SET (synchronous_commit = :{mode})
