# inode and birth: a directory made again under the same name is another one
identity_of() { stat -c '%i.%W' "$1"; }

owned() { # DIRECTORY MARK: made by this run
    [ -d "$1" ] && [ ! -h "$1" ] && [ -r "$2" ] && [ "$(cat "$2")" = "$RUN
$(identity_of "$1")" ]
}
