#!/bin/sh
# backup.sh DIR: dumps all databases, users and roles into DIR/mongodb.archive.gz.
# A replica set is dumped as it was at one moment (the end of the dump); one server
# without a set keeps no oplog, so its collections may be of different moments.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"
# shellcheck source=tools.sh
. "$STATEWARD_HOME/scripts/tools.sh"

archive=${1:?backup.sh DIR}/mongodb.archive.gz
set --
[ -z "$(setting replication.replSetName)" ] || set -- --oplog --readPreference=secondaryPreferred
tool mongodump --archive="$archive" --gzip "$@" >&2 || die "mongodump failed: $archive is no backup"
# mongodump ends with 0 only when all is written; gzip reads it all once more.
gzip -t "$archive" || die "$archive is damaged"
log "dumped $(wc -c <"$archive") bytes"
