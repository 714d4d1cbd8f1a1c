mkdir "$DIRECTORY/home/fast"
