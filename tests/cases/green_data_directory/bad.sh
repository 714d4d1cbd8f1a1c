touch "$DIRECTORY/home/something"
