# `make help` lists the targets. All output goes to build/.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
ZSHDIR ?= zsh/site-functions
PORT ?= 8080

ifeq ($(origin CC),default)
CC = gcc
endif
OPTIMIZE ?= -O2
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla
# tests/e2e/test_hardening.py checks each of them in the programs.
HARDENING = -fstack-protector-strong -fstack-clash-protection $(BRANCHES) \
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fPIE
BRANCHES := $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine)),-fcf-protection)
CPPFLAGS += -D_GNU_SOURCE -Isrc -Ifcgi -Itests/unit -Ibuild/gen
CFLAGS += -std=c11 -g $(OPTIMIZE) $(WARNINGS) $(WERROR)
LDFLAGS += -pie -Wl,-z,relro,-z,now,-z,noexecstack
LIBRARIES = -lsqlite3 -ljson-c -lprotobuf-c -lnettle -lz -lm
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

# The rooms of the library; src/cli is the command.
ROOMS = base metrics config ingest ingest/faro ingest/text ingest/otlp sessions store \
	expose query alert
LIBRARY = $(patsubst %.c,%.o,$(wildcard $(ROOMS:%=src/%/*.c))) gen/sql.o \
	gen/metric_family.pb-c.o gen/otlp.pb-c.o
GENERATED = build/gen/sql.h build/gen/templates.h build/gen/completion.h \
	build/gen/metric_family.pb-c.h build/gen/otlp.pb-c.h \
	build/gen/config_keys.inc
MANUAL = build/tallyman.fcgi.8
PROGRAM = $(patsubst %.c,%.o,$(wildcard fcgi/*/*.c)) gen/page_files.o
COMMAND = $(filter-out %/probe_url_static.o,$(patsubst %.c,%.o,\
	$(wildcard src/cli/*.c src/cli/*/*.c))) gen/templates.o
STATIC_COMMAND = $(COMMAND:%/probe_url.o=%/probe_url_static.o)
# The endpoints without the process, for their unit tests.
ENDPOINTS = $(filter-out $(addprefix fcgi/process/,main.o connection.o \
	clients.o responder.o),$(PROGRAM))
UNIT_TESTS = $(patsubst %.c,build/%,$(wildcard tests/unit/*/test_*.c \
	tests/unit/*/*/test_*.c))
TORTURES = $(sort $(wildcard tests/torture/test_*.py))
FUZZERS = $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

# Objects are kept between builds.
.SECONDARY:

.PHONY: always help all run test test-debian12 test-debian13 unit torture fuzz thread valgrind coverage check \
	format layers manual lint static site sri pictures install shared-hosting deb package-test bench clean

all: build/tallyman.fcgi build/tallyman $(MANUAL) ## Build the responder, its manual and the command

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

## Building

COMMA = ,
# `make V=1` shows the commands.
QUIET = $(if $(V),,@echo "  $@";)
MAKEFLAGS += --no-print-directory

build/gen/sql_embed.c build/gen/sql.h: sql/embed.sh sql/schema.sql $(wildcard sql/*/*.sql sql/*/*/*.sql)
	@mkdir -p $(@D)
	$(QUIET)sql/embed.sh $(subst .,,$(suffix $@)) > $@

build/gen/sql_fresh: sql/fresh.c build/gen/sql_embed.c build/gen/sql.h
	$(QUIET)$(CC) $(CPPFLAGS) -std=c11 -w -o $@ sql/fresh.c \
		build/gen/sql_embed.c -lsqlite3

build/gen/sql.c: build/gen/sql_fresh
	$(QUIET)(cat build/gen/sql_embed.c && build/gen/sql_fresh) > $@.part && \
		mv $@.part $@

TEMPLATES = src/cli/monitoring/templates
build/gen/templates.c build/gen/templates.h: src/cli/monitoring/embed.sh \
		$(TEMPLATES) $(shell find $(TEMPLATES) -type f)
	@mkdir -p $(@D)
	$(QUIET)src/cli/monitoring/embed.sh $(subst .,,$(suffix $@)) > $@

build/gen/config_keys.inc build/gen/config_keys.mdoc: src/config/keys.sh \
		src/config/keys.txt
	@mkdir -p $(@D)
	$(QUIET)src/config/keys.sh $(subst .,,$(suffix $@)) > $@

# The tables of the manual page, each in the place of a comment of its name.
FAMILIES = fcgi/endpoints/own_families.sh
build/gen/%.mdoc: $(FAMILIES) fcgi/endpoints/own_families.c \
		fcgi/endpoints/telemetry.h src/metrics/batch.h src/metrics/metric.h \
		src/metrics/push_group.h
	@mkdir -p $(@D)
	$(QUIET)$(FAMILIES) $* > $@

$(MANUAL): fcgi/tallyman.fcgi.8 $(addprefix build/gen/,config_keys.mdoc \
		families.mdoc pushes.mdoc samples.mdoc)
	$(QUIET)sed -e '/^\.\\" KEYS$$/{r build/gen/config_keys.mdoc' -e 'd}' \
		-e '/^\.\\" FAMILIES$$/{r build/gen/families.mdoc' -e 'd}' \
		-e '/^\.\\" PUSHES$$/{r build/gen/pushes.mdoc' -e 'd}' \
		-e '/^\.\\" SAMPLES$$/{r build/gen/samples.mdoc' -e 'd}' $< > $@

# One string per shell.
build/gen/completion.h: $(wildcard src/cli/command/completion.*)
	@mkdir -p $(@D)
	$(QUIET)for file in $^; do \
		echo "static const char completion_$${file##*.}[] ="; \
		sed -e 's/["\\]/\\&/g' -e 's/.*/"&\\n"/' $$file; echo ';'; \
	done > $@

build/gen/%.pb-c.c build/gen/%.pb-c.h: src/metrics/%.proto
	@mkdir -p $(@D)
	$(QUIET)protoc-c --proto_path=$(<D) --c_out=$(@D) $<

build/gen/%.pb-c.c build/gen/%.pb-c.h: src/ingest/otlp/%.proto
	@mkdir -p $(@D)
	$(QUIET)protoc-c --proto_path=$(<D) --c_out=$(@D) $<

$(addprefix build/obj/gen/,sql.o templates.o page_files.o): build/obj/%.o: build/%.c $(GENERATED)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) $(HARDENING) -Wno-overlength-strings -c -o $@ $<

# protoc-c's code has warnings.
build/obj/gen/%.pb-c.o: build/gen/%.pb-c.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) $(HARDENING) -w -c -o $@ $<

build/obj/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) $(HARDENING) -MMD -MP -c -o $@ $<

build/libtallyman.a: $(addprefix build/obj/,$(LIBRARY))
	@rm -f $@
	$(QUIET)$(AR) rcs $@ $^

build/tallyman.fcgi: $(addprefix build/obj/,$(PROGRAM)) build/libtallyman.a
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lfcgi $(LIBRARIES) -pthread

# Rewritten only when the value differs from the last build.
build/sysconfdir: always
	@mkdir -p $(@D)
	@echo '$(SYSCONFDIR)' | cmp -s - $@ || echo '$(SYSCONFDIR)' >$@

build/obj/src/cli/command/command.o: CPPFLAGS += -DTALLYMAN_SYSCONFDIR='"$(SYSCONFDIR)"'
build/obj/src/cli/command/command.o: build/sysconfdir
build/tallyman: $(addprefix build/obj/,$(COMMAND)) build/libtallyman.a
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES) -lcurl

# For hosts where nothing can be installed. Includes libc: a shared one would have
# to be glibc 2.34 or later, which many such hosts lack.
# The linker warns of dlopen (in SQLite) and gethostbyname (in libfcgi): the
# responder never calls them.
build/tallyman-static.fcgi: $(addprefix build/obj/,$(PROGRAM)) \
		build/libtallyman.a
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -static-pie -s -o $@ $^ -lfcgi \
		$(LIBRARIES) -pthread

build/tallyman-static: $(addprefix build/obj/,$(STATIC_COMMAND)) build/libtallyman.a
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -static-pie -s -o $@ $^ $(LIBRARIES)

static: ## Build statically linked binaries
	.ci/packages build site
	$(MAKE) build/tallyman-static.fcgi build/tallyman-static

## Tests: everything once more, with sanitizers

# Rules for one more build of everything. $(1) is the directory below build/, $(2)
# the flags, $(3) the directory of the unit tests. Warnings in protoc-c's code are
# ignored.
define variant
$(addprefix build/$(1)/gen/,sql.o templates.o page_files.o): build/$(1)/%.o: build/%.c $$(GENERATED)
	@mkdir -p $$(@D)
	$$(QUIET)$$(CC) $$(CPPFLAGS) $$(CFLAGS) $(2) -Wno-overlength-strings -c -o $$@ $$<

build/$(1)/gen/%.pb-c.o: build/gen/%.pb-c.c
	@mkdir -p $$(@D)
	$$(QUIET)$$(CC) $$(CPPFLAGS) $$(CFLAGS) $(2) -w -c -o $$@ $$<

build/$(1)/%.o: %.c | $$(GENERATED)
	@mkdir -p $$(@D)
	$$(QUIET)$$(CC) $$(CPPFLAGS) $$(CFLAGS) $(2) -MMD -MP -c -o $$@ $$<

build/$(1)/tallyman.fcgi: $$(addprefix build/$(1)/,$$(PROGRAM) $$(LIBRARY))
	$$(QUIET)$$(CC) $$(CFLAGS) $(2) -o $$@ $$^ -lfcgi $$(LIBRARIES) -pthread

build/$(1)/tallyman: $$(addprefix build/$(1)/,$$(COMMAND) $$(LIBRARY))
	$$(QUIET)$$(CC) $$(CFLAGS) $(2) -o $$@ $$^ $$(LIBRARIES) -lcurl

# A test links only the objects that it calls.
build/$(1)/tested.a: $$(addprefix build/$(1)/,$$(LIBRARY) $$(ENDPOINTS) \
		$$(filter-out src/cli/main.o,$$(COMMAND)))
	@rm -f $$@
	$$(QUIET)$$(AR) rcs $$@ $$^

$(3)/%: build/$(1)/tests/unit/%.o build/$(1)/tested.a
	@mkdir -p $$(@D)
	$$(QUIET)$$(CC) $$(CFLAGS) $(2) -o $$@ $$^ $$(LIBRARIES) -lcmocka -pthread
endef

# Less optimised, which halves the build time. gcc then has false warnings about
# truncated strings.
$(eval $(call variant,asan,-O1 -g1 -Wno-format-truncation $(SANITIZE),build/tests/unit))
$(eval $(call variant,thread,-fsanitize=thread,build/thread/unit))
$(eval $(call variant,coverage,-O0 --coverage $(SANITIZE),build/coverage/unit))
$(eval $(call variant,plain,,build/plain/unit))

# These tests make allocations fail.
NO_MEMORY = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*/test_no_memory*.c))
$(foreach place,build/tests build/coverage build/plain,\
	$(NO_MEMORY:%=$(place)/unit/%)): private \
		CFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

## Fuzzers: everything once more, with clang and libFuzzer

FUZZ_CC = clang
FUZZ_SECONDS ?= 30
FUZZ_CFLAGS = -std=c11 -g -O1 $(SANITIZE)

build/fuzz/obj/gen/%.o: build/gen/%.c | $(GENERATED)
	@mkdir -p $(@D)
	$(QUIET)$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -w -c -o $@ $<

build/fuzz/obj/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(QUIET)$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

build/fuzz/%: build/fuzz/obj/tests/fuzz/%.o \
		$(addprefix build/fuzz/obj/,$(LIBRARY) $(ENDPOINTS))
	$(QUIET)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARIES) -pthread

## The browser's files

# The npm packages that build the scripts, which are enough for `make run`, or also
# those of the tests and checks. Playwright drives Debian's Chromium and downloads
# no browser.
BUILD_MODULES = static/node_modules/.build
ALL_MODULES = static/node_modules/.all
MODULES = $(ALL_MODULES)
NPM_CI = rm -f $(BUILD_MODULES) $(ALL_MODULES) && npm ci --prefix static \
	--no-audit --no-fund --loglevel=error --fetch-retries=5
$(BUILD_MODULES): static/package.json static/package-lock.json
	$(NPM_CI) --omit=dev
	@touch $@

$(ALL_MODULES): static/package.json static/package-lock.json
	$(NPM_CI)
	@touch $(BUILD_MODULES) $@

# The README and the guides, in the order of the list on each page.
GUIDES = $(wildcard README.md static/*.md static/dashboard/*.md fcgi/*.md \
	fcgi/metrics.d/*.md src/cli/*.md sql/*.md nginx/*.md apache/*.md lighttpd/*.md \
	src/*.md CHANGELOG.md CONTRIBUTING.md SECURITY.md)
PICTURES = $(wildcard static/*.png)
SITE = build/static/tallyman.js
$(SITE): src/base/version.h $(wildcard static/src/*.ts static/dashboard/*.* \
		static/guide/*.* static/*.*) $(GUIDES) | $(MODULES)
	node static/build.mjs $(@D) $(GUIDES)

# The page that the responder has in it.
build/gen/page_files.c: fcgi/endpoints/page.sh $(SITE)
	@mkdir -p $(@D)
	$(QUIET)fcgi/endpoints/page.sh build/static/dashboard/* \
		build/static/tallyman.svg > $@.part && mv $@.part $@

TYPES = build/static/tallyman.d.ts
$(TYPES): $(SITE) static/types.mjs | $(ALL_MODULES)
	node static/types.mjs $(@D)

site: ## Build the files for browsers (build/static)
	@.ci/packages site
	@$(MAKE) $(TYPES)

sri: $(SITE) ## Print the hashes for <script integrity>
	@node static/sri.mjs $(SITE:tallyman.js=)

pictures: ## Take the pictures of the guides from the demo (static/*.png)
	@.ci/packages build site pictures
	@$(MAKE) -j2 build/tallyman.fcgi build/tallyman $(SITE)
	@tests/browser/pictures.py

# tests/bench/lock_time.c wraps these calls and times them.
LOCK_TIME = $(patsubst %,-Wl$(COMMA)--wrap=%,side_lock_take side_lock_try \
	side_lock_release store_commit sqlite3_step)
build/bench/commit: $(addprefix build/obj/tests/bench/,commit.o lock_time.o) \
		build/libtallyman.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) $(LOCK_TIME) -o $@ $^ $(LIBRARIES)

build/bench/tallyman.fcgi: $(addprefix build/obj/,$(PROGRAM) \
		tests/bench/timed_responder.o tests/bench/lock_time.o) \
		build/libtallyman.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) $(LOCK_TIME) -o $@ $^ -lfcgi \
		$(LIBRARIES) -pthread

build/bench/parse_text build/bench/session_store build/bench/year: build/bench/%: \
		tests/bench/%.c build/libtallyman.a
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $^ $(LIBRARIES)

# Programs of tests/bench/ that are compared with the responder.
build/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< -lfcgi -pthread

# Go programs that push in tests, with modules from Debian packages. Only Debian 13
# has OpenTelemetry's exporter.
GO_BUILD = GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= \
	GOCACHE=$(CURDIR)/build/gocache go build
OTLP_FOR_GO = /usr/share/gocode/src/go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp
build/tests/clients/push-go: tests/clients/push.go
	@mkdir -p $(@D)
	$(QUIET)$(GO_BUILD) -o $@ $<

build/tests/clients/otel-go: tests/clients/otel.go
	@mkdir -p $(@D)
	$(QUIET)[ ! -d $(OTLP_FOR_GO) ] || $(GO_BUILD) -o $@ $<

# Loaded into the responder with LD_PRELOAD, it makes SQLite's calls fail.
FAULTS = build/tests/torture/fault_vfs.so
$(FAULTS): $(wildcard tests/torture/fault*.[ch])
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -lsqlite3

run: ## Start the demo on http://localhost:8080 (PORT=8081 for another port)
	@.ci/packages build site run
	@$(MAKE) -j2 MODULES=$(BUILD_MODULES) build/tallyman.fcgi build/tallyman $(SITE)
	@lighttpd/run.sh "$(PORT)"

test: ## Run every test
	@.ci/packages build site test
	@$(MAKE) -j2 build/tallyman.fcgi build/tallyman $(MANUAL) $(UNIT_TESTS) $(TYPES) \
		build/tallyman-static.fcgi build/tallyman-static \
		build/tests/clients/push-go build/tests/clients/otel-go $(FAULTS)
	@tests/run $(sort $(wildcard tests/browser/test_*.py)) $(TORTURES) \
		$(sort $(wildcard tests/e2e/test_*.py)) $(UNIT_TESTS) # the longest first

torture: ## Kill, starve, flood: the long forms (about an hour) of these tests
	@.ci/packages build site test
	@$(MAKE) -j2 build/tallyman.fcgi build/tallyman $(SITE) $(FAULTS)
	@TORTURE=1 JOBS=1 LIMIT=0 tests/run $(TORTURES) # one at a time, since they measure

# Releases other than this machine's are roots below build/package, which are kept.
test-debian12: ## Run every test on Debian 12 (as root)
test-debian13: ## Run every test on Debian 13 (as root)
test-debian12 test-debian13:
	@[ "$$(id -u)" = 0 ] || { echo "make $@: needs root: sudo make $@" >&2; exit 2; }
	@.ci/packages site package
	@$(MAKE) $(ALL_MODULES)
	@tests/package/release.py $(@:test-debian%=%)

unit: ## Run the unit tests only (under ASan and UBSan)
	@.ci/packages build site test
	@$(MAKE) -j2 $(UNIT_TESTS)
	@tests/run $(UNIT_TESTS)

fuzz: ## Fuzz each parser (FUZZ_SECONDS=600 for longer than 30 s)
	@.ci/packages build site check
	@$(MAKE) -j2 $(FUZZERS)
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)

thread: ## Run responders under ThreadSanitizer
	@.ci/packages build site test
	@$(MAKE) -j2 build/thread/tallyman.fcgi $(SITE)
	@tests/run tests/dynamic/test_thread.py

PLAIN_TESTS = $(UNIT_TESTS:build/tests/%=build/plain/%)
valgrind: ## Run the unit tests and a responder under valgrind
	@.ci/packages build site test check
	@$(MAKE) -j2 build/tallyman.fcgi $(PLAIN_TESTS) $(SITE)
	@LIMIT=0 tests/run tests/dynamic/test_valgrind.py

# The responders of the end-to-end tests write there as a different user.
COVERAGE_TESTS = $(UNIT_TESTS:build/tests/%=build/coverage/%)
COVERAGE_E2E = $(patsubst %,tests/e2e/test_%.py,command_import command_merge \
	command_prune command_query command_totals open_families reload)
coverage: ## Print the line coverage, and the lines of src/ that no test runs
	@.ci/packages build site test
	@$(MAKE) -j2 $(COVERAGE_TESTS) build/coverage/tallyman.fcgi \
		build/coverage/tallyman build/tallyman build/tallyman.fcgi $(SITE)
	@find build/coverage -name '*.gcda' -delete
	@tests/run $(COVERAGE_TESTS)
	@build/coverage/tallyman --help >/dev/null
	@build/coverage/tallyman.fcgi --help >/dev/null
	@chmod -R a+rwX build/coverage
	@TALLYMAN=build/coverage/tallyman TALLYMAN_FCGI=build/coverage/tallyman.fcgi \
		tests/run $(COVERAGE_E2E)
	@tests/coverage.sh

check: format layers manual lint fuzz thread valgrind test ## All checks and tests that need no root

SOURCES = $(shell find src fcgi tests -name "*.[ch]")
format: ## Check the format of the C sources
	@.ci/packages check
	@clang-format --dry-run --Werror $(SOURCES)

layers: ## Check that no file includes a higher layer
	tests/layers.sh

manual: $(MANUAL) ## Check the manual pages, and tallyman.1 against the command's help
	@.ci/packages build check
	@$(MAKE) build/tallyman
	mandoc -T lint -W warning $(MANUAL) src/cli/tallyman.1
	python3 tests/e2e/test_command_manual.py Manual

# Checks a file only after it or one of its includes, as listed by the compiler,
# has changed.
ANALYZED = $(patsubst %.c,%,$(shell find src fcgi -name "*.c"))
ANALYZE_FLAGS = $(CPPFLAGS) -std=c11

build/analyze/%.gcc: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(ANALYZE_FLAGS) -O2 $(WARNINGS) -Werror -fanalyzer \
		-MMD -MP -MF $@.d -MT $@ -MT $@.tidy -c -o $@ $<

build/analyze/%.tidy: %.c .clang-tidy | $(GENERATED)
	@mkdir -p $(@D)
	$(QUIET)clang-tidy --quiet $< -- $(ANALYZE_FLAGS) 2>$@.log || \
		{ cat $@.log; exit 1; }
	@touch $@

lint: $(GENERATED) ## Static analysis: cppcheck, gcc -fanalyzer, clang-tidy, tsc, eslint
	@.ci/packages build site check
	@$(MAKE) $(ALL_MODULES)
	@$(MAKE) -j2 $(ANALYZED:%=build/analyze/%.gcc) \
		$(ANALYZED:%=build/analyze/%.tidy)
	cd static && node node_modules/typescript/bin/tsc --noEmit && \
		node node_modules/typescript/bin/tsc --noEmit -p dashboard && \
		node node_modules/eslint/bin/eslint.js src dashboard
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability \
		--suppress=missingIncludeSystem -D_GNU_SOURCE \
		-DPROTOBUF_C_VERSION_NUMBER=2000000 -Isrc -Ifcgi -Ibuild/gen \
		src fcgi tests/bench

bench: ## Compare the speed with peers, and log it (BENCH=--quick is short)
	@.ci/packages build site bench
	@$(MAKE) -j2 build/tallyman.fcgi $(addprefix build/bench/,noop_loop \
		noop_threads parse_text session_store commit year tallyman.fcgi) $(SITE)
	/usr/bin/python3 tests/bench/bench.py $(BENCH)

## Installing

# Replaces the default paths by those of this installation.
PLACED = sed -e 's|/usr/local/|$(PREFIX)/|g' -e 's|/etc/tallyman/|$(SYSCONFDIR)/tallyman/|g'
SAMPLES = $(filter-out lighttpd/run.% nginx/Containerfile nginx/container.% %.md,$(wildcard nginx/* apache/* lighttpd/*))
SHARE = $(DESTDIR)$(PREFIX)/share

# The demo is installed, but not served until somebody copies it to a web site. Its
# page has the paths of that site, not of the source.
INSTALLED = -e 's/ data-copy="source"//'
SCRIPTS = build/static/tallyman*.*[jt]s build/static/aggregatorClient.js
DEMO = $(addprefix build/static/,index.html demo.css demo-no-script.css demo.js tallyman.svg)
ALLOWLISTS = $(addprefix fcgi/metrics.d/,web.json faro.json \
	performance_timing.json traces.json)

install: build/tallyman.fcgi build/tallyman $(MANUAL) $(TYPES) ## Install below DESTDIR and PREFIX
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin \
		$(SHARE)/man/man1 $(SHARE)/man/man8 \
		$(SHARE)/bash-completion/completions $(SHARE)/$(ZSHDIR) \
		$(SHARE)/tallyman/static $(SHARE)/tallyman/analysis \
		$(SHARE)/tallyman/metrics.d $(SHARE)/tallyman/examples \
		$(SHARE)/tallyman/demo/static \
		$(SHARE)/tallyman/demo/metrics.d $(DESTDIR)$(SYSCONFDIR)/tallyman/metrics.d
	install -m 755 build/tallyman.fcgi $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 build/tallyman $(DESTDIR)$(PREFIX)/bin/
	build/tallyman completion bash | install -m 644 /dev/stdin \
		$(SHARE)/bash-completion/completions/tallyman
	build/tallyman completion zsh | install -m 644 /dev/stdin \
		$(SHARE)/$(ZSHDIR)/_tallyman
	$(PLACED) src/cli/tallyman.1 | install -m 644 /dev/stdin \
		$(SHARE)/man/man1/tallyman.1
	$(PLACED) $(MANUAL) | install -m 644 /dev/stdin \
		$(SHARE)/man/man8/tallyman.fcgi.8
	install -m 644 sql/analysis/*.sql $(SHARE)/tallyman/analysis/
	install -m 644 $(SCRIPTS) $(SHARE)/tallyman/static/
	cp -R build/static/guide $(SHARE)/tallyman/static/
	find $(SHARE)/tallyman/static/guide -name '*.html' -exec $(PLACED) -i {} +
	install -m 644 $(ALLOWLISTS) $(SHARE)/tallyman/metrics.d/
	install -m 644 fcgi/examples/* $(SHARE)/tallyman/examples/
	install -m 644 $(DEMO) $(SHARE)/tallyman/demo/static/
	$(PLACED) $(INSTALLED) -i $(SHARE)/tallyman/demo/static/index.html
	install -m 644 fcgi/metrics.d/demo.json $(SHARE)/tallyman/demo/metrics.d/
	for file in $(SAMPLES); do \
		if [ -x $$file ]; then mode=755; else mode=644; fi; \
		install -D -m $$mode $$file $(SHARE)/tallyman/$$file && \
			$(PLACED) -i $(SHARE)/tallyman/$$file || exit 1; \
	done
	for file in $(GUIDES) $(PICTURES); do \
		install -D -m 644 $$file $(SHARE)/doc/tallyman/$$file || exit 1; \
	done
	find $(SHARE)/doc/tallyman -name '*.md' -exec $(PLACED) -i {} +
	test -e $(DESTDIR)$(SYSCONFDIR)/tallyman/tallyman.json || \
		install -m 644 fcgi/tallyman.json $(DESTDIR)$(SYSCONFDIR)/tallyman/
	test -n "$$(ls $(DESTDIR)$(SYSCONFDIR)/tallyman/metrics.d)" || \
		install -m 644 fcgi/metrics.d/web.json \
			$(DESTDIR)$(SYSCONFDIR)/tallyman/metrics.d/

# Its README is a section of the guide. Its demo page has the paths on such a host.
SHARED = build/shared-hosting/tallyman
HOME_PLACED = -e 's,/etc/tallyman/,~/tallyman/,g' -e 's,/var/lib/tallyman/,~/tallyman/,g' \
	-e 's,sudo -u tallyman tallyman,cd ~/tallyman; ./tallyman,g' -e 's,sudo -u tallyman ,,g'
shared-hosting: ## Pack an archive for shared hosting (build/*.tar.gz)
	@.ci/packages build site
	@$(MAKE) build/tallyman-static.fcgi build/tallyman-static $(MANUAL) $(TYPES)
	rm -rf $(SHARED)
	mkdir -p $(SHARED)/static $(addprefix $(SHARED)/program/,metrics.d \
		examples demo/static demo/metrics.d)
	install -m 644 apache/htaccess $(SHARED)/.htaccess
	install -m 755 apache/tallyman.fcgi.sh $(SHARED)/tallyman.fcgi
	install -m 755 apache/setup.sh $(SHARED)/
	awk '/^## / {wanted = /^## Shared hosting/} wanted' apache/README.md >$(SHARED)/README
	install -m 644 $(SCRIPTS) $(SHARED)/static/
	cp -R build/static/guide $(SHARED)/static/
	install -m 755 build/tallyman-static.fcgi $(SHARED)/program/tallyman.fcgi
	install -m 755 build/tallyman-static $(SHARED)/program/tallyman
	install -m 644 $(ALLOWLISTS) $(SHARED)/program/metrics.d/
	install -m 644 fcgi/examples/* $(SHARED)/program/examples/
	install -m 644 $(DEMO) $(SHARED)/program/demo/static/
	sed -i $(INSTALLED) $(HOME_PLACED) $(SHARED)/program/demo/static/index.html
	install -m 644 fcgi/metrics.d/demo.json $(SHARED)/program/demo/metrics.d/
	install -m 644 LICENSE $(MANUAL) src/cli/tallyman.1 $(SHARED)/program/
	echo 'Require all denied' >$(SHARED)/program/.htaccess
	sed -e 's|/var/lib/tallyman/||' -e 's|// \("scrape_token_file"\)|\1|' \
		-e 's|// \("view_token_file"\)|\1|' -e 's|// \("trust_loopback"\)|\1|' \
		fcgi/tallyman.json >$(SHARED)/program/tallyman.json
	tar -C $(SHARED)/.. --owner=0 --group=0 --mode=u=rwX,go=rX \
		-czf build/tallyman-shared-hosting-$(VERSION).tar.gz tallyman
	@ls build/tallyman-shared-hosting-$(VERSION).tar.gz

# Builds in a copy, so that no other file can influence the package.
VERSION = $(shell sed -n 's/.*VERSION "\(.*\)"/\1/p' src/base/version.h)
DEB = build/deb/tallyman-$(VERSION)
deb: ## Build a package for Debian (build/deb/)
	@.ci/packages build site package
	@$(MAKE) $(TYPES)
	rm -rf build/deb
	mkdir -p $(DEB)
	tar -c --exclude=node_modules --exclude=__pycache__ Makefile *.md \
		LICENSE fcgi src sql static apache nginx lighttpd debian \
		$(SITE:tallyman.js=) | tar -x -C $(DEB)
	cd $(DEB) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
		dpkg-buildpackage -b -nc -us -uc
	@ls build/deb/*.deb

# Keeps the roots of the machines that it is installed on.
package-test: deb ## Install, upgrade and purge the package on Debian 12 and 13 (as root)
	@tests/run $(sort $(wildcard tests/package/test_*.py))

-include $(shell find build -path build/package -prune -o \
	-type f -name '*.d' -print 2>/dev/null)

clean: ## Remove all build output
	rm -rf build
