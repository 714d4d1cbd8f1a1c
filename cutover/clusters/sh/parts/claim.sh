claim() { # DIRECTORY MARK: it may exist when it is empty; MARK.making: an empty one is this run's too
    [ -d "$1" ] || { : >"$2.making" && mkdir "$1"; }
    printf '%s\n%s\n' "$RUN" "$(identity_of "$1")" >"$2.new"
    sync "$2.new" "$(dirname "$1")"
    mv -f "$2.new" "$2"
    rm -f "$2.making"
    sync "$WORK"
}
