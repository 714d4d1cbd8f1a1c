umask 077
openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=other -keyout "$DATA/other.key" -out "$DATA/other.crt" 2>/dev/null
