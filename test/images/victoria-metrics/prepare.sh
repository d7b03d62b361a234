#!/usr/bin/env bash
# Builds the program with the machine's Go, which knows its proxy and certificates.
set -euo pipefail
cd "$(dirname "$0")"
# Without cgo it takes the Go zstd, as upstream's victoria-metrics-linux-*-pure do.
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/ tool
