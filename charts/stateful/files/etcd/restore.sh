#!/bin/sh
# restore.sh DIR: makes a new cluster of DIR/etcd.snapshot. Runs in the members'
# place before their first start: member 0 gets the data, and the others join it.
# Once and for all: one snapshot restored member by member would be trusted to be
# alike, and this way it is one member's.
set -eu
: "${STATEWARD_DATA_DIR:?}" "${STATEWARD_MEMBER:?}" "${1:?usage: restore.sh DIR}"
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=etcd.sh
. "$STATEWARD_HOME/scripts/etcd.sh"

data=$STATEWARD_DATA_DIR
url=$scheme://$(fqdn):$peer_port
file=$1/etcd.snapshot
is_empty "$data" || die "$data is not empty: nothing was changed; restore into a new release, or delete the claims of the old one"
# shellcheck disable=SC2046
! find_cluster $(others) || die "a cluster of this release is running at $via: nothing was changed"
if [ "$(ordinal)" != 0 ]; then
	log "member 0 gets the data, this one will join it"
	exit 0
fi
[ -r "$file" ] || die "there is no $file"
mkdir -p "${data%/*}"
rm -rf "$data.restore"
# Revisions jump, and the old ones count as compacted: a client that watches, or keeps
# a revision, is told to begin anew instead of never hearing of what was undone.
etcdutl snapshot restore "$file" --data-dir="$data.restore" --name="$STATEWARD_MEMBER" \
	--initial-cluster="$STATEWARD_MEMBER=$url" --initial-advertise-peer-urls="$url" \
	--initial-cluster-token="$STATEWARD_RELEASE-$(head -c 32 /dev/urandom | sha256sum | cut -c 1-16)" \
	--bump-revision=1000000000 --mark-compacted >&2 || die "etcdutl cannot restore $file"
[ ! -d "$data" ] || rmdir "$data"
mv "$data.restore" "$data"
rm -f "$data.member" "$data.new"
sync
log "restored $file; the other members join when they start"
