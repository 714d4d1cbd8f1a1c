-- doing: creating the subscription
-- returns: nothing
-- needs: superuser; rule A3. Passwords stay in the password file; logging is off all the same.
SET LOCAL log_statement = 'none';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = 'panic';
CREATE SUBSCRIPTION :"subscription" CONNECTION :'conninfo' PUBLICATION pgcutover
    WITH (connect = true, create_slot = false, slot_name = :'subscription', copy_data = false,
          enabled = false, streaming = off, synchronous_commit = off, disable_on_error = true)
