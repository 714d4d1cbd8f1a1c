no_input() { # what was to be asked is not known, and nothing has passed
    echo "standard input did not arrive here: the run prefix has to pass it on (docker exec -i; no ssh -n, no </dev/null)" >&2
    exit 1
}
