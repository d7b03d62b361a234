#!/usr/bin/env bash
# Builds the client with the machine's Go, which knows its proxy and certificates.
set -euo pipefail
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -C ../../e2e -trimpath -ldflags='-s -w' -o "$PWD/bin/client" ./client
