# `make help` lists the targets. Everything that is made goes to build/.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
LOCALSTATEDIR ?= /var
PORT ?= 8080

ifeq ($(origin CC),default)
CC = gcc
endif
OPTIMIZE ?= -O2
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla
HARDENING = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CPPFLAGS += -D_GNU_SOURCE -Isrc -Ifcgi -Ibuild/gen
CFLAGS += -std=c11 -g $(OPTIMIZE) $(WARNINGS) $(WERROR)
LDFLAGS += -pie -Wl,-z,relro,-z,now
LIBRARIES = -lsqlite3 -ljson-c -lz -lm
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer

LIBRARY = $(patsubst %.c,%.o,$(wildcard src/*.c)) gen/sql.o
PROGRAM = $(patsubst %.c,%.o,$(wildcard fcgi/*.c))
# The doors without the process around them, for their unit tests.
DOORS = $(filter-out fcgi/main.o fcgi/connection.o fcgi/responder.o,$(PROGRAM))
UNIT_TESTS = $(patsubst %.c,build/%,$(wildcard tests/unit/test_*.c))

.PHONY: help all run test unit check format layers manual static install \
	bench screenshot clean

all: build/tallyman.fcgi ## Build the responder (build/tallyman.fcgi)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

## Building

# `make V=1` shows the commands.
QUIET = $(if $(V),,@echo "  $@";)
MAKEFLAGS += --no-print-directory

build/gen/sql.c build/gen/sql.h: sql/embed.sh $(wildcard sql/*/*.sql)
	@mkdir -p $(@D)
	$(QUIET)sql/embed.sh $(subst .,,$(suffix $@)) > $@

build/obj/gen/sql.o: build/gen/sql.c build/gen/sql.h
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) $(HARDENING) -Wno-overlength-strings -c -o $@ $<

build/obj/%.o: %.c | build/gen/sql.h
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) $(HARDENING) -MMD -MP -c -o $@ $<

build/libtallyman.a: $(addprefix build/obj/,$(LIBRARY))
	@rm -f $@
	$(QUIET)$(AR) rcs $@ $^

build/tallyman.fcgi: $(addprefix build/obj/,$(PROGRAM)) build/libtallyman.a
	$(QUIET)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lfcgi $(LIBRARIES) -pthread

# For hosts where nothing can be installed: only libc is shared.
build/tallyman-static.fcgi: $(addprefix build/obj/,$(PROGRAM)) \
		build/libtallyman.a
	$(QUIET)$(CC) $(CFLAGS) -static -o $@ $^ -lfcgi $(LIBRARIES) -pthread

static: ## Build one binary with all libraries in it
	.ci/packages build
	$(MAKE) build/tallyman-static.fcgi

## Tests: everything once more, with sanitizers

build/asan/gen/sql.o: build/gen/sql.c build/gen/sql.h
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -Wno-overlength-strings -c -o $@ $<

build/asan/%.o: %.c | build/gen/sql.h
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

build/tests/unit/%: build/asan/tests/unit/%.o \
		$(addprefix build/asan/,$(LIBRARY) $(DOORS))
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ $(LIBRARIES) -lcmocka -pthread

-include $(shell find build -name '*.d' 2>/dev/null)

clean: ## Remove everything that was made
	rm -rf build
