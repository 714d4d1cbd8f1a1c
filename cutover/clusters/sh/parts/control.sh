control() { # NAME: a value of pg_control
    "$OLD_BIN/pg_controldata" -D "$CLONE" | sed -n "s/^$1: *//p"
}
