rm -r "$DIRECTORY/home/on-mounted" "$DIRECTORY/home/mount-tools"
rmdir "$DIRECTORY/home/mounted"
