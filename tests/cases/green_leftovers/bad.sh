mkdir "$DIRECTORY/home/left.clone" "$DIRECTORY/home/left.pgcutover"
echo 15 >"$DIRECTORY/home/left.clone/PG_VERSION"
echo 20200101-000000 >"$DIRECTORY/home/left.pgcutover/pgcutover.run"
