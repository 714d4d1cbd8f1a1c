preload_for() { # BIN: of the wanted libraries those it has; never one that starts jobs
    library=$("$1/pg_config" --pkglibdir 2>/dev/null) || return 0
    wanted=
    for name in $(printf '%s' "$PRELOAD" | tr ',"' '  '); do
        case ${name##*/} in
            pg_cron | pgagent | pg_partman_bgw | pg_background | pglogical | bgw_replstatus | pg_squeeze | \
                pg_timetable | bdr | pg_failover_slots | pgautofailover | repmgr | pg_net | pg_stat_monitor_bgw) continue ;;
        esac
        [ ! -e "$library/${name##*/}.so" ] || wanted=$wanted${wanted:+,}${name##*/}
    done
    printf '%s' "$wanted"
}
