#!/bin/bash
# Static analysis beyond compiler warnings: floors, cppcheck, clang-tidy.
set -u
cd "$(dirname "$0")/.."
status=0
python3 scripts/check_floors.py || status=1
if command -v cppcheck >/dev/null; then
	# uninitvar: it does not follow the loops that jansson's and our macros make. autoVariables: what a callee
	# is lent for the length of a call (a scratch arena, an error) is taken back before the caller returns.
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=nullPointerRedundantCheck --suppress=missingIncludeSystem --suppress=syntaxError \
		--suppress=autoVariables --suppress=uninitvar --suppress=ctuuninitvar --suppress=internalAstError --suppress=unknownMacro \
		-Isrc -D_GNU_SOURCE -j2 src || status=1
else
	echo "SKIP cppcheck is not installed"
fi
if command -v clang-tidy >/dev/null; then
	# Which checks, and why not the others: .clang-tidy.
	git ls-files 'src/*.c' | xargs -P2 -n8 clang-tidy -p build --quiet 2>/dev/null | grep -E 'warning|error' && status=1
else
	echo "SKIP clang-tidy is not installed"
fi
exit $status
