# Short names for long commands; the build itself is Meson's.
# make run     install what is missing, build, serve the console on 127.0.0.1:8080
# make test    the same, then every test
SHELL := /bin/bash
LISTEN ?= 127.0.0.1:8080
DATA ?= var

.PHONY: run build test bench eval fuzz fmt lint clean
run: build
	@exec build/zhanwei serve --listen $(LISTEN) --data $(DATA)
build:
	@scripts/build.sh
test:
	@scripts/test.sh
bench: build
	@bench/run.sh
	@bench/templates.sh
	@bench/api_text.sh
	@bench/match.sh
	@bench/comply.sh
eval: build
	@eval/run.sh
fuzz:
	@scripts/fuzz.sh long
fmt:
	@git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'fuzz/*.[ch]' | xargs clang-format -i
lint:
	@scripts/lint.sh
clean:
	rm -rf build build-* web/dist
