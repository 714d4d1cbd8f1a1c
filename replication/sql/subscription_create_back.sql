-- doing: creating the subscription of the way back
-- returns: nothing
-- needs: superuser; rule F3. Options by version: streaming from 14 on, origin from 16 on. Never
--        disable_on_error: an error would end the way back, a repetition does not. Passwords stay in
--        the password file; logging is off all the same.
SET LOCAL log_statement = 'none';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = 'panic';
CREATE SUBSCRIPTION :"subscription" CONNECTION :'conninfo' PUBLICATION pgcutover
    WITH (connect = true, create_slot = false, slot_name = :'subscription', copy_data = false,
          enabled = false, synchronous_commit = off:{options})
