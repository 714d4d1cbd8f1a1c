mkdir "$DIRECTORY/home/bare"
for program in /usr/bin/* /bin/*; do
    case ${program##*/} in nohup | flock) ;; *) ln -sf "$program" "$DIRECTORY/home/bare/" ;; esac
done
cat >"$DIRECTORY/home/on-bare" <<END
#!/bin/sh
exec "$DIRECTORY/on-green" "PATH=$DIRECTORY/home/bare; export PATH; \$*"
END
chmod 0755 "$DIRECTORY/home/on-bare"
