rm -r "$DIRECTORY/home/left.clone" "$DIRECTORY/home/left.pgcutover"
