rm "$DATA/other.key" "$DATA/other.crt"
