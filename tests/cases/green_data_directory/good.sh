rm "$DIRECTORY/home/something"
