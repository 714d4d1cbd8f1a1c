mkdir "$DIRECTORY/home/mounted" "$DIRECTORY/home/mount-tools"
cat >"$DIRECTORY/home/mount-tools/stat" <<'END'
#!/bin/sh
case $* in "-c %d "*/mounted) echo 0 ;; *) PATH=${PATH#*:} stat "$@" ;; esac
END
cat >"$DIRECTORY/home/on-mounted" <<END
#!/bin/sh
exec "$DIRECTORY/on-green" "PATH=$DIRECTORY/home/mount-tools:\\\$PATH; export PATH; \$*"
END
chmod 0755 "$DIRECTORY/home/mount-tools/stat" "$DIRECTORY/home/on-mounted"
