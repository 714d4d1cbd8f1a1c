rm "$DIRECTORY/home/ident.conf"
