#!/bin/sh
# certificate.sh: puts certificate and key into the one file that mongod reads.
# Prints "changed" when that file is a new one now.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

file=$STATEWARD_RUN_DIR/server.pem
cat "$STATEWARD_HOME/tls/tls.crt" "$STATEWARD_HOME/tls/tls.key" >"$file.new"
if [ -f "$file" ] && [ "$(cat "$file")" = "$(cat "$file.new")" ]; then
	rm "$file.new"
	exit 0
fi
mv "$file.new" "$file"
printf 'changed\n'
