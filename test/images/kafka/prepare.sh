#!/usr/bin/env bash
# Fetches the jars with the machine's own Maven, which knows its mirror and certificates.
set -euo pipefail
cd "$(dirname "$0")"
rm -rf libs
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=libs
