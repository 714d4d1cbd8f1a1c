ALTER ROLE reporting LOGIN;
