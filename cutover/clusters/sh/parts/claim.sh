claim() { # DIRECTORY MARK: it may exist when it is empty
    [ -d "$1" ] || mkdir "$1"
    printf '%s\n%s\n' "$RUN" "$(identity_of "$1")" >"$2.new"
    sync "$2.new" "$(dirname "$1")"
    mv -f "$2.new" "$2"
    sync "$WORK"
}
