rm -r "$DIRECTORY/home/on-root" "$DIRECTORY/home/root-tools"
