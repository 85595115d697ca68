# Starts a server that ends with its owner. $1: the server's folder; $2: the data directory to copy, where the folder has none
# yet; then the server's command.
# The owner alone holds the other end of our standard input: it ends when the owner does, however that comes about.
umask 077
ulimit -c 0
folder=$1 from=$2
shift 2
exec 3<&0 </dev/null

# A grandchild, so that the server, which takes this process over, has no child that it does not know.
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
    # A copy that was under way may still be writing.
    tries=0
    while [ -e "$folder" ] && [ $tries -lt 50 ]; do
        rm -rf "$folder" 2>/dev/null || sleep 0.02
        tries=$((tries + 1))
    done
) & )
exec 3<&-

# What crashed is started again on what it left.
[ -e "$folder/data" ] && exec "$@"

# Sharing blocks where the file system can: GNU's cp, then that of macOS, then any.
copy() {
    cp -R --reflink=auto "$@" 2>/dev/null || cp -cR "$@" 2>/dev/null || cp -R "$@"
}

# Nobody can connect to the two templates, so nobody can write into their files, which are two thirds of all: a link will do.
# The third database is `postgres`, made last.
mkdir "$folder/data" "$folder/data/base" || exit
last=0
for database in "$from"/base/*; do
    if [ "${database##*/}" -gt $last ]; then last=${database##*/}; fi
done
for database in "$from"/base/*; do
    if [ "${database##*/}" -eq $last ] || ! cp -Rl "$database" "$folder/data/base" 2>/dev/null; then
        # A copy over links that were made would go into what they link to.
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
