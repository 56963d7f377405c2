#!/bin/bash
# Installs the Debian packages that a purpose needs and that are missing:
#   scripts/bootstrap.sh build run        (what `make run` asks for)
#   scripts/bootstrap.sh build run test   (what `make test` asks for)
# Does nothing, quickly, when everything is there. Node.js is taken from Debian
# only where no usable one (>= 18) is on the PATH.
set -eu
cd "$(dirname "$0")/.."
state=build/.bootstrap
want="$* $(cksum < scripts/packages.txt)"
[ -f "$state" ] && grep -qxF "$want" "$state" && exit 0

missing=()
for purpose in "$@"; do
	for p in $(sed -n "s/^$purpose: //p" scripts/packages.txt); do
		dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
	done
done
node_major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/') || true
if [ "${node_major:-0}" -lt 18 ] || ! command -v npm >/dev/null; then
	missing+=(nodejs npm)
fi
if [ ${#missing[@]} -gt 0 ]; then
	echo "安装缺少的软件包 / installing missing packages: ${missing[*]}"
	sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "需要 root 权限：请以 root 运行一次，或先安装 sudo / root is needed to install packages: run once as root, or install sudo" >&2
			exit 1
		}
		sudo=sudo
	fi
	export DEBIAN_FRONTEND=noninteractive
	$sudo apt-get update -q
	$sudo apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
mkdir -p build
# Older lines for other purposes are kept: `make run` after `make test` stays quick.
{ grep -vxF "$want" "$state" 2>/dev/null || true; echo "$want"; } | tail -8 > "$state.tmp"
mv "$state.tmp" "$state"
