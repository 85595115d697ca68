# Starts a server that ends with its owner. $1: the server's folder; $2: the data directory to copy if the folder has
# none yet; then the server's command. Only the owner holds the other end of our standard input, which therefore
# closes when the owner ends, for any reason.
umask 077
ulimit -c 0
folder=$1 from=$2
shift 2
exec 3<&0 </dev/null

# A grandchild, because the server replaces this process and must have no child that it did not start.
( (
    trap '' HUP INT TERM
    read -r word <&3
    [ "$word" = leave ] && exit
    [ -e "$folder" ] || exit
    kill -QUIT $$ 2>/dev/null
    tries=0
    while kill -0 $$ 2>/dev/null; do
        tries=$((tries + 1))
        if [ $tries -eq 300 ]; then
            kill -KILL $$ 2>/dev/null
            break
        fi
        sleep 0.02
    done
    # An interrupted copy may still be writing.
    tries=0
    while [ -e "$folder" ] && [ $tries -lt 50 ]; do
        rm -rf "$folder" 2>/dev/null || sleep 0.02
        tries=$((tries + 1))
    done
) & )
exec 3<&-

# A crashed server restarts on its own data.
[ -e "$folder/data" ] && exec "$@"

# Shares blocks if the file system can: tries the option of GNU cp, then that of macOS, then none.
copy() {
    cp -R --reflink=auto "$@" 2>/dev/null || cp -cR "$@" 2>/dev/null || cp -R "$@"
}

# The two templates accept no connections, so their files, two thirds of all files, never change: hard links are enough.
# The third database is `postgres`, which initdb creates last.
mkdir "$folder/data" "$folder/data/base" || exit
last=0
for database in "$from"/base/*; do
    if [ "${database##*/}" -gt $last ]; then last=${database##*/}; fi
done
for database in "$from"/base/*; do
    if [ "${database##*/}" -eq $last ] || ! cp -Rl "$database" "$folder/data/base" 2>/dev/null; then
        # Copying over existing links would overwrite the files that they link to.
        rm -rf "$folder/data/base/${database##*/}"
        copy "$database" "$folder/data/base" || exit
    fi
done
(
    set --
    for part in "$from"/*; do
        if [ "${part##*/}" != base ]; then set -- "$@" "$part"; fi
    done
    copy "$@" "$folder/data"
) || exit
exec "$@"
