# doing: looking for what green's release has
# needs: NEW_BIN EXTENSION_PATH LIBRARY_PATH (green's extension_control_path and dynamic_library_path; empty: the
#        defaults); stdin: lines `extension NAME`, `library NAME` (as a function or a parameter names it),
#        `locale NAME`, then `end`
# prints: files=known or unknown (where its extensions and libraries are), locales=known or unknown,
#         libc=, icu= (of its postgres), then, separated by tabs, `control NAME DEFAULT_VERSION`,
#         `script NAME VERSION` or `script NAME FROM TO`, `missing NAME`, `untold NAME`, `no_locale NAME`, `complete`
# reads
set -eu
NEW_BIN=$1 EXTENSION_PATH=$2 LIBRARY_PATH=$3
unset LC_ALL LANG LANGUAGE
export LC_ALL=C

real=$(readlink -f "$NEW_BIN/postgres")
bin=$(dirname "$real")
major=$("$NEW_BIN/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')

# pg_config may be in a package of its own, and be wrong of files that were moved: PL/pgSQL is always there.
share= lib=
for directory in "$("$NEW_BIN/pg_config" --sharedir 2>/dev/null || true)" "$bin/../share/postgresql" \
    "$bin/../share" "$bin/../../../../share/postgresql/$major"; do
    [ -n "$directory" ] && [ -e "$directory/extension/plpgsql.control" ] || continue
    share=$directory
    break
done
for directory in "$("$NEW_BIN/pg_config" --pkglibdir 2>/dev/null || true)" "$bin/../lib/postgresql" "$bin/../lib"; do
    [ -n "$directory" ] && [ -e "$directory/plpgsql.so" ] || continue
    lib=$directory
    break
done

#include loader
#include no_input

if [ -n "$share" ] && [ -n "$lib" ]; then echo files=known; else echo files=unknown; fi
if command -v locale >/dev/null; then echo locales=known; else echo locales=unknown; fi
echo "libc=$(libc_of "$real")"
echo "icu=$(libraries_of "$real" | sed -n 's/^[^/]*libicui18n\.so\.\([0-9]*\).*/\1/p')"

places() { # PATH DEFAULT: the directories of a search path, a line each
    printf '%s\n' "${1:-$2}" | tr : '\n'
}

look_for_extension() { # NAME: its first control file counts
    places "$EXTENSION_PATH" '$system' | while IFS= read -r place; do
        case $place in
            '$system') base=$share ;;
            '$system'/*) base=$share/${place#*/} ;;
            *) base=$place ;;
        esac
        control=$base/extension/$1.control
        [ -e "$control" ] || continue
        value_of() { sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*'\{0,1\}\([^'#]*[^'#[:space:]]\).*/\1/p" "$control" | tail -n 1; }
        printf 'control\t%s\t%s\n' "$1" "$(value_of default_version)"
        scripts=$(value_of directory)
        case $scripts in
            '') scripts=$base/extension ;;
            /*) ;;
            *) scripts=$base/$scripts ;;
        esac
        for file in "$scripts/$1"--*.sql; do
            [ -e "$file" ] || continue
            versions=${file##*/"$1"--} versions=${versions%.sql}
            case $versions in
                *--*) printf 'script\t%s\t%s\t%s\n' "$1" "${versions%%--*}" "${versions##*--}" ;;
                *) printf 'script\t%s\t%s\n' "$1" "$versions" ;;
            esac
        done
        break
    done
}

is_file() { [ -f "$1" ] || [ -f "$1.so" ]; }

is_in_path() { # NAME
    places "$LIBRARY_PATH" '$libdir' | while IFS= read -r place; do
        case $place in '$libdir'*) place=$lib${place#'$libdir'} ;; esac
        ! is_file "$place/$1" || echo found
    done | grep -q found
}

has_library() { # NAME, looked for as src/backend/utils/fmgr/dfmgr.c does
    case $1 in
        '$libdir'/*)
            is_file "$lib/${1#*/}" && return 0
            case ${1#*/} in */*) return 1 ;; esac
            [ "$major" -ge 18 ] && is_in_path "${1#*/}"
            ;;
        */*) is_file "$1" ;;
        *) is_in_path "$1" ;;
    esac
}

arrived=
while IFS= read -r line; do
    kind=${line%% *} name=${line#* }
    case $kind in
        end) arrived=yes ;;
        extension) [ -z "$share" ] || look_for_extension "$name" ;;
        library)
            case $name in
                '$libdir'/* | /*) ;;
                */*) # relative to a data directory that is not there yet
                    printf 'untold\t%s\n' "$name"
                    continue
                    ;;
            esac
            [ -z "$lib" ] || has_library "$name" || printf 'missing\t%s\n' "$name"
            ;;
        locale)
            # It complains of a locale that is not there, and says nothing else on that channel.
            complaint=$(LC_ALL=$name locale charmap 2>&1 >/dev/null || echo failed)
            [ -z "$complaint" ] || printf 'no_locale\t%s\n' "$name"
            ;;
    esac
done
[ -n "$arrived" ] || no_input
echo complete
