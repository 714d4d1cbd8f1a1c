int commands_nothing;
