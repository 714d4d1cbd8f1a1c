rm -r "$DIRECTORY/home/linked" "$DIRECTORY/home/elsewhere" "$DIRECTORY/home/linked.pgcutover"
