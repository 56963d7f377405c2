#!/bin/bash
# Every test there is, from a clean clone on a bare Debian 12. Each step's output
# goes to build/test-logs/STEP.log; what failed is printed. The last line counts.
#   scripts/test.sh [STEP...]     only the named steps
set -u
cd "$(dirname "$0")/.."
started=$SECONDS
passed=0 failed=0 skipped=0 broken=()

scripts/bootstrap.sh build run test || exit 1
logs=build/test-logs
rm -rf "$logs" && mkdir -p "$logs"

# Counts come from the runner's own summary where it prints one; a step without
# one counts as a single test.
count() { # log status
	local ok fail skip
	ok=$(sed -n 's/^Ok: *\([0-9]*\).*/\1/p;s/^\([0-9]*\) passed, [0-9]* failed.*/\1/p' "$1" | tail -1)
	fail=$(sed -n 's/^Fail: *\([0-9]*\).*/\1/p;s/^[0-9]* passed, \([0-9]*\) failed.*/\1/p' "$1" | tail -1)
	local timeouts
	timeouts=$(sed -n 's/^Timeout: *\([0-9]*\).*/\1/p' "$1" | tail -1)
	skip=$(sed -n 's/^Skipped: *\([0-9]*\).*/\1/p;s/^[0-9]* passed, [0-9]* failed, \([0-9]*\) skipped.*/\1/p' "$1" | tail -1)
	fail=$((${fail:-0} + ${timeouts:-0}))
	if [ -z "$ok" ]; then ok=$([ "$2" = 0 ] && echo 1 || echo 0); fi
	if [ "$2" != 0 ] && [ "$fail" = 0 ]; then fail=1; fi
	passed=$((passed + ok)) failed=$((failed + fail)) skipped=$((skipped + ${skip:-0}))
}

wanted=" $* "
step() { # name command...
	local name=$1 log=$logs/$1.log t=$SECONDS status=0
	shift
	[ "$wanted" = "  " ] || [[ "$wanted" == *" $name "* ]] || return 0
	echo "== $name"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	count "$log" $status
	if [ $status != 0 ]; then
		broken+=("$name")
		echo "-- $name failed ($status); the end of $log:"
		tail -n 60 "$log"
	fi
	grep -hE '^SKIP' "$log" | sort | uniq -c | head -20
	echo "   $((SECONDS - t)) s"
}

sanitized() { # dir sanitizers suites...
	local dir=$1 san=$2
	shift 2
	[ -f "$dir/build.ninja" ] || meson setup "$dir" --buildtype=debug -Doptimization=1 -Db_sanitize="$san" -Db_lundef=false || return 1
	ninja -C "$dir" || return 1
	meson test -C "$dir" --no-rebuild --print-errorlogs --timeout-multiplier 4 --num-processes 2 "$@"
}

step build scripts/build.sh
step floors python3 scripts/check_floors.py
step web bash -c 'cd web && npm run --silent check && npm run --silent size'
step console-api bash -c 'build/zhanwei openapi >build/openapi.json && node web/scripts/check-api.mjs build/openapi.json'
step unit meson test -C build --no-rebuild --print-errorlogs --timeout-multiplier 2 --num-processes 2 --suite unit
step slow meson test -C build --no-rebuild --print-errorlogs --timeout-multiplier 3 --num-processes 2 --suite slow
step asan sanitized build-asan address,undefined --suite unit
step tsan sanitized build-tsan thread --suite tsan
step fuzz scripts/fuzz.sh short
step e2e tests/e2e/run.sh

echo "time: $((SECONDS - started)) s"
[ ${#broken[@]} = 0 ] || echo "failed steps: ${broken[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ ${#broken[@]} = 0 ] && [ $passed -gt 0 ]
