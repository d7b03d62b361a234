#!/usr/bin/env bash
# Builds stand-in images for a cluster that reaches no image registry, under the
# names the charts ask for, and loads them into the nodes of the kind cluster.
#
# build.sh NAME...    folders beside this script; none: all of them
#
# The head of each Dockerfile has `# tag: NAME...`, the names of the image, and
# `# base: SUITE`, the Debian suite of its base image. A prepare.sh beside it runs
# first, on this machine. LAB_SCRIPTS is the folder with base-image.sh SUITE, which
# makes local/debian:SUITE, and load.sh IMAGE..., which brings images to the nodes.
set -euo pipefail
cd "$(dirname "$0")"
lab=${LAB_SCRIPTS:?the folder with base-image.sh and load.sh}
(($#)) || set -- */
for name; do
	name=${name%/}
	read -ra tags < <(sed -n 's/^# tag: //p' "$name/Dockerfile")
	base=$(sed -n 's/^# base: //p' "$name/Dockerfile")
	"$lab/base-image.sh" "$base"
	[ ! -x "$name/prepare.sh" ] || "$name/prepare.sh"
	docker build --quiet --network=host "${tags[@]/#/--tag=}" "$name"
	"$lab/load.sh" "${tags[@]}"
done
