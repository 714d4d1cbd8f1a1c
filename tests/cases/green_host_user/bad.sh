mkdir "$DIRECTORY/home/root-tools"
printf '#!/bin/sh\ncase $1 in -u) echo 0 ;; *) echo root ;; esac\n' >"$DIRECTORY/home/root-tools/id"
cat >"$DIRECTORY/home/on-root" <<END
#!/bin/sh
exec "$DIRECTORY/on-green" "PATH=$DIRECTORY/home/root-tools:\\\$PATH; export PATH; \$*"
END
chmod 0755 "$DIRECTORY/home/root-tools/id" "$DIRECTORY/home/on-root"
