#!/bin/sh
# backup.sh DIR: writes a snapshot of the whole cluster into DIR/etcd.snapshot. It
# is of one moment, with users and roles.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}" "${1:?usage: backup.sh DIR}"
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=etcd.sh
. "$STATEWARD_HOME/scripts/etcd.sh"

service=$scheme://$STATEWARD_HOST:$STATEWARD_PORT
limit=1h
file=$1/etcd.snapshot
[ ! -e "$file" ] || die "$file is there already: nothing was changed"
# etcdctl compares the checksum that the server sends with what arrived.
ctl "$service" snapshot save "$file" >&2 || die "snapshot save: $(reason)"
status=$(etcdutl snapshot status "$file" 2>"$errors") || die "the snapshot is damaged: $(tail -n 1 "$errors")"
case $status in
*,*,*,*) log "wrote $file (hash, revision, keys, size: $status)" ;;
*) die "the snapshot is damaged: $status" ;;
esac
