mkdir "$DIRECTORY/home/elsewhere" "$DIRECTORY/home/linked.pgcutover"
ln -s elsewhere "$DIRECTORY/home/linked"
touch "$DIRECTORY/home/linked.pgcutover/something"
