# doing: trying green's address from a pooler's host
# needs: HOST PORT SSLMODE CA_FILE (SSLMODE: "" without TLS)
# prints: connects=yes, connects=no WHY or connects=unknown WHY; then the same of tls=, unless
#         SSLMODE asks for none
# reads
set -eu
HOST=$1 PORT=$2 MODE=$3 CA=$4
export LC_ALL=C
TRIES=5 # seconds, for each of both

has() { command -v "$1" >/dev/null; }

# the first line that tells of an error, without who says it
first() { printf '%s\n' "$1" | sed -n 's/.*: //p' | sed -n 1p | cut -c 1-200; }

say() { # KEY STATUS OUTPUT
    case $2 in
    0) echo "$1=yes" ;;
    124) echo "$1=no no answer within $TRIES s" ;;
    *) echo "$1=no $(first "$3")" ;;
    esac
}

connect() {
    status=0
    if [ "${HOST#/}" != "$HOST" ]; then
        output=": there is no such socket"
        [ -S "${HOST%/}/.s.PGSQL.$PORT" ] || status=1
    elif has bash; then
        output=$(timeout $TRIES bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$HOST" "$PORT" 2>&1) || status=$?
    elif has python3; then
        output=$(timeout $TRIES python3 -c \
            'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])))' \
            "$HOST" "$PORT" 2>&1) || status=$?
    else
        echo "connects=unknown there is neither bash nor python3"
        return
    fi
    say connects "$status" "$output"
}

# As PgBouncer does: a name of the certificate, else its common name.
names_host() { # CERTIFICATE
    case $HOST in
    *[!0-9.]*) is=-checkhost ;;
    *) is=-checkip ;;
    esac
    case $HOST in *:*) is=-checkip ;; esac
    ! printf '%s\n' "$1" | openssl x509 -noout $is "$HOST" 2>/dev/null | grep -q 'does match' || return 0
    [ "$(printf '%s\n' "$1" | openssl x509 -noout -subject -nameopt multiline |
        sed -n 's/^ *commonName *= //p')" = "$HOST" ]
}

handshake() {
    if ! has openssl; then
        echo "tls=unknown there is no openssl"
        return
    fi
    if [ -n "$CA" ] && [ ! -r "$CA" ]; then
        echo "tls=unknown $CA cannot be read by $(id -un)"
        return
    fi
    case $HOST in
    *:*) target=[$HOST]:$PORT ;;
    *) target=$HOST:$PORT ;;
    esac
    set -- -starttls postgres -connect "$target"
    # that file alone, as PgBouncer does
    [ -z "$CA" ] || set -- "$@" -no-CApath -CAfile "$CA"
    if [ -n "$CA" ] && openssl s_client -help 2>&1 | grep -q -e -no-CAstore; then
        set -- "$@" -no-CAstore
    fi
    status=0
    output=$(timeout $TRIES openssl s_client "$@" </dev/null 2>&1) || status=$?
    verified=$(printf '%s\n' "$output" | sed -n 's/^ *Verify return code: *//p' | tail -n 1 | tr -d '()')
    if ! printf '%s\n' "$output" | grep -q '^-----BEGIN CERTIFICATE'; then
        [ "$status" = 124 ] || status=1
        say tls "$status" ": no handshake"
    elif [ "$MODE" != require ] && [ "${verified%% *}" != 0 ]; then
        echo "tls=no its certificate: ${verified#* }"
    elif [ "$MODE" = verify-full ] && ! names_host "$output"; then
        echo "tls=no its certificate does not name $HOST"
    else
        echo "tls=yes"
    fi
}

connected=$(connect)
echo "$connected"
case $connected$MODE in connects=yesrequire | connects=yesverify-*) handshake ;; esac
