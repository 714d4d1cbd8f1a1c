rm -r "$DATA"
