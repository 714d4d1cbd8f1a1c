mkdir "$DATA"
touch "$DATA/something"
