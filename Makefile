# One target for each habit. `make` alone lists them; .ci/run calls the same ones.

SWIFT  ?= swift
PREFIX ?= /usr
# What `install` installs.
BUILD  ?= .build/debug
ROOT   := $(CURDIR)
# Not LAB: make would hand that on to the scripts, for which it is where the nodes are.
TOOLS  := Tests/lab
# The lab makes namespaces, mounts and cgroups.
SUDO   := $(if $(filter 0,$(shell id -u)),,sudo -E env "PATH=$$PATH")
SOAK   := Tests/soak
# Kills the daemon at a system call of choice; not Swift, and alone in that.
CRASHPOINT := .build/crashpoint
BENCH  := Tests/bench/run
SCRIPTS = $(addprefix $(SOAK)/,common.sh sweep storm run others) $(addprefix $(TOOLS)/,common.sh mkroot labnode lab test demo deps vm node/lab-init vm.d/run vm.d/common.sh) $(wildcard $(TOOLS)/vm.d/proof-*) Tests/docs-check Tests/docs-site $(BENCH) .ci/run deploy/image/root deploy/image/build

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps build test test-unit test-lab lab lab-down run demo soak vm-lab test-vm lint docs doc-site format install uninstall clean bench bench-check image

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

deps: ## install through apt what is missing (nothing to do: 0.1 s)
	@$(TOOLS)/deps

build: ## build everything with its tests, once for demo, tests and lab
	@test -e .build/debug/faultd || echo "build: the first one compiles the libraries too, SwiftNIO and gRPC among them: 5 to 10 minutes on two cores"
	$(SWIFT) build --build-tests
	@$(MAKE) -s $(CRASHPOINT)

$(CRASHPOINT): $(SOAK)/crashpoint.c
	mkdir -p $(@D)
	$(CC) -O2 -Wall -Wextra -Werror -static -o $@ $<

test: deps build test-unit test-lab ## everything: unit tests, then lab tests on booted nodes

test-unit: ## unit tests only; no root needed (make build first)
	$(SWIFT) test --skip-build --disable-xctest --skip LabTests --skip FaultHostTests

test-lab: ## tests that need root: mechanisms and lab tests on booted nodes (make build first)
	$(SUDO) env LAB_PREFIX=fdt $(TOOLS)/test

lab: deps build ## boot the lab: a node with faultd and workloads, and its peer
	$(SUDO) $(TOOLS)/lab up

run: lab ## the same: a lab node to try curl on by hand

lab-down: ## stop and remove the lab
	$(SUDO) $(TOOLS)/lab down

demo: deps build ## both exercises on a fresh lab node, through the control socket with curl
	@$(SUDO) env LAB_PREFIX=fdd $(TOOLS)/lab with $(TOOLS)/demo

soak: deps build ## kill faultd at every point where it changes something and 1,000 times at random (SOAK_KILLS): up to an hour
	$(SUDO) env LAB_PREFIX=fds $(SOAK)/run

bench: deps ## how fast it is, beside what a person would do instead and the bare mechanisms: 8 minutes (BENCH_KEEP=1 keeps the table)
	$(SWIFT) build -c release --static-swift-stdlib --product faultd
	$(SWIFT) build -c release --static-swift-stdlib --product faultd-bench
	$(SUDO) env LAB_PREFIX=fdb $(BENCH) $(if $(BENCH_KEEP),--keep)

bench-check: ## fail where it has become much slower beside the same things (make build first; BENCH_KEEP=1 stores what is compared with)
	$(SUDO) env LAB_PREFIX=fdb $(BENCH) --check $(if $(BENCH_KEEP),--keep)

vm-lab: build ## prove the lab and faultd on a usual Debian host (systemd, cgroup v2) in a virtual machine
	@$(TOOLS)/deps vm
	$(SUDO) $(TOOLS)/vm

test-vm: build ## what must not be tried or can't be had elsewhere, in a virtual machine: the clock set, suspension, netem
	@$(TOOLS)/deps vm
	$(SUDO) $(TOOLS)/vm --proofs

lint: deps ## swift format --strict, shellcheck, and that what the docs name and link to exists
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests Package.swift
	shellcheck -x -P . $(SCRIPTS)
	Tests/docs-check

docs: build ## write docs/kinds anew from the catalogue (a test keeps it current)
	FAULTD_WRITE_DOCS=1 $(SWIFT) test --skip-build --disable-xctest --filter FaultKindsTests.ReferenceTests

doc-site: ## the libraries' reference as HTML, by DocC; a link that leads nowhere is an error (make build first)
	Tests/docs-site

format: ## format the Swift sources in place
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift

image: ## the container image as an archive for docker load and ctr images import (make release first; else of the debug build)
	deploy/image/build .build/dist/faultd-image.tar

install: ## install on this node, or into DESTDIR (make build first)
	@test -x $(BUILD)/faultd || { echo "install: no $(BUILD)/faultd: run make build first, or name a BUILD folder" >&2; exit 1; }
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/faultd $(BUILD)/faultctl
	install -D -m 644 systemd/faultd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/faultd.service
	install -D -m 644 systemd/faultd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/faultd.conf
	install -D -m 644 systemd/faultd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/faultd.conf
	@# A configuration that is there stays.
	test -e $(DESTDIR)/etc/faultd/faultd.yaml || install -D -m 644 config/faultd.yaml $(DESTDIR)/etc/faultd/faultd.yaml
	@test -n "$(DESTDIR)" || echo "now: systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload && systemctl enable --now faultd"

uninstall: ## remove what install put there; the configuration and the journal stay
	rm -f $(DESTDIR)$(PREFIX)/bin/faultd $(DESTDIR)$(PREFIX)/bin/faultctl $(DESTDIR)$(PREFIX)/lib/systemd/system/faultd.service
	rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/faultd.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/faultd.conf

clean: ## remove builds and whatever a lab left; the cached base root stays
	@for prefix in fd fdt fdd fdb fds fds1 fds2 fds3 fds4 fds5 fds6; do $(SUDO) env LAB_PREFIX=$$prefix $(TOOLS)/labnode clean; done
	rm -rf .build
