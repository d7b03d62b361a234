#!/usr/bin/env bash
# Builds etcd's own programs with the machine's Go, which knows its proxy and certificates.
set -euo pipefail
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/ tool
mv bin/server bin/etcd
