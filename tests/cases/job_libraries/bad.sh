# any library by that name: no package has it for every major
cp "$LIBRARIES/dict_snowball.so" "$DIRECTORY/home/pg_cron.so"
