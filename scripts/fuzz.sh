#!/bin/bash
# Runs the libFuzzer targets named in fuzz/targets.txt with ASan and UBSan.
#   scripts/fuzz.sh short    a few seconds each (part of `make test`)
#   scripts/fuzz.sh long     ten minutes each   (`make fuzz`; FUZZ_SECONDS overrides)
set -u
cd "$(dirname "$0")/.."
case ${1:-short} in
short) seconds=${FUZZ_SECONDS:-4} ;;
long) seconds=${FUZZ_SECONDS:-600} ;;
*) echo "usage: scripts/fuzz.sh short|long" >&2; exit 2 ;;
esac
[ "${1:-short}" = short ] || scripts/bootstrap.sh build run test
dir=build-fuzz
if [ ! -f $dir/build.ninja ]; then
	CC=clang meson setup $dir --buildtype=debug -Doptimization=1 -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false >/dev/null || exit 1
fi
ninja -C $dir fuzz >$dir/.ninja.log 2>&1 || { grep -E 'error|FAILED' $dir/.ninja.log | head -30; exit 1; }
passed=0 failed=0
while read -r name _; do
	case $name in '' | '#'*) continue ;; esac
	work=$dir/corpus/$name
	mkdir -p "$work" "fuzz/corpus/$name"
	if ASAN_OPTIONS=abort_on_error=1 $dir/fuzz/fuzz_"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=3000 \
		-max_len=65536 -artifact_prefix="$dir/crash-$name-" "$work" "fuzz/corpus/$name" >"$dir/$name.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name $(grep -oE 'Done [0-9]+ runs' "$dir/$name.log" | tail -1)"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		tail -30 "$dir/$name.log"
	fi
done <fuzz/targets.txt
echo "$passed passed, $failed failed"
[ $failed = 0 ]
