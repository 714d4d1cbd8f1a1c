identity_of() { # PID: pid, start time, boot; fails when there is no such process
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    set -- "$1" "$boot" ${stat##*) }
    [ "$3" != Z ] || return 1
    echo "$1 ${22} $2"
}

leader_alive() {
    { read -r pid rest <"$dir/pid"; } 2>/dev/null || return 1
    [ "$(identity_of "$pid")" = "$pid $rest" ]
}
