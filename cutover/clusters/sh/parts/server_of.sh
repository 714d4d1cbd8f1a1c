server_of() { # DIRECTORY: the pid of the server that runs in it; fails when none does
    { read -r pid <"$1/postmaster.pid"; } 2>/dev/null && [ "/proc/$pid/cwd" -ef "$1" ] && echo "$pid"
}
