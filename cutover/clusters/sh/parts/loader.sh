# By the loader of the program itself, which need not be the system's. One that does not know the variable, as that
# of musl, runs the program: it only tells its version then.
libraries_of() { LD_TRACE_LOADED_OBJECTS=1 "$1" --version 2>/dev/null </dev/null || true; }

libc_of() { # PROGRAM: the version of the C library that it loads
    libc=$(libraries_of "$1" | sed -n 's/^[^/]*libc\.so[^/]* => \(\/[^ ]*\).*/\1/p')
    loader=$(libraries_of "$1" | sed -n 's/^[^=]*[[:space:]]\(\/[^ =]*\) (.*/\1/p; s/^.*ld-linux.* => \(\/[^ ]*\) .*/\1/p' | tail -n 1)
    version=
    [ -z "$libc" ] || [ -z "$loader" ] ||
        version=$("$loader" "$libc" 2>/dev/null | sed -n '1s/.* version \([0-9][0-9.]*[0-9]\).*/\1/p')
    [ -n "$version" ] || version=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc //p')
    echo "$version"
}
