#!/bin/sh
# Prints the path of promtool, which checks and tests the alerts: the one on PATH,
# else that of Debian's package prometheus, unpacked once into the cache.
set -eu

if path=$(command -v promtool); then
	echo "$path"
	exit
fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stateward
path=$cache/promtool
if [ ! -x "$path" ]; then
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/promtool.XXXXXX") # beside the target: mv is then one step
	trap 'rm -rf "$work"' EXIT
	# apt fetches as the user _apt, who cannot write here; the list of packages may be old.
	fetch() { (cd "$work" && apt-get -q -o APT::Sandbox::User=root download prometheus) >&2; }
	fetch || { apt-get -q update >&2 && fetch; }
	dpkg-deb -x "$work"/prometheus_*.deb "$work"
	mv "$work/usr/bin/promtool" "$path"
fi
echo "$path"
