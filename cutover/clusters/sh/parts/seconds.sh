seconds() { # monotonic
    read -r up _ </proc/uptime
    echo "${up%%.*}"
}
