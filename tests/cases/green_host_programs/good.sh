rm -r "$DIRECTORY/home/bare" "$DIRECTORY/home/on-bare"
