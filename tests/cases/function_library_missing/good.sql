DROP FUNCTION from_own(internal);
