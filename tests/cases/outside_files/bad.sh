echo "map somebody postgres" >"$DIRECTORY/home/ident.conf"
