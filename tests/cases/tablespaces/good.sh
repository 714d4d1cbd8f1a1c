rm -r "$DIRECTORY/home/fast"
