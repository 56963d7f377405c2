#!/bin/bash
# Runs the libFuzzer targets named in fuzz/targets.txt with ASan and UBSan.
#   scripts/fuzz.sh short    a few seconds each (part of `make test`)
#   scripts/fuzz.sh long     ten minutes each   (`make fuzz`; FUZZ_SECONDS overrides)
set -u
cd "$(dirname "$0")/.."
case ${1:-short} in
short) seconds=${FUZZ_SECONDS:-3} ;;
long) seconds=${FUZZ_SECONDS:-600} ;;
*) echo "usage: scripts/fuzz.sh short|long" >&2; exit 2 ;;
esac
[ "${1:-short}" = short ] || scripts/bootstrap.sh build run test
scripts/build.sh || exit 1 # the data packs
dir=build-fuzz
if [ ! -f $dir/build.ninja ]; then
	CC=clang meson setup $dir --buildtype=debug -Doptimization=1 -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false >/dev/null || exit 1
fi
ninja -C $dir fuzz >$dir/.ninja.log 2>&1 || { grep -E 'error|FAILED' $dir/.ninja.log | head -30; exit 1; }

fuzz_one() { # name
	local work=$dir/corpus/$1
	mkdir -p "$work" "fuzz/corpus/$1"
	if ASAN_OPTIONS=abort_on_error=1 "$dir/fuzz/fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 \
		-max_len=65536 -artifact_prefix="$dir/crash-$1-" "$work" "fuzz/corpus/$1" >"$dir/$1.log" 2>&1; then
		echo "ok $1 $(grep -oE 'Done [0-9]+ runs' "$dir/$1.log" | tail -1)"
	else
		echo "not ok $1"
		tail -30 "$dir/$1.log"
	fi
}
export -f fuzz_one
export ZHANWEI_PACKS=$PWD/build/packs
export dir seconds
grep -oE '^[^ #]+' fuzz/targets.txt | xargs -P 2 -I{} bash -c 'fuzz_one {}' >$dir/results.txt
cat $dir/results.txt
passed=$(grep -c '^ok ' $dir/results.txt) failed=$(grep -c '^not ok ' $dir/results.txt)
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
