# One target for each habit. `make` alone lists them; .ci/run calls the same ones.

SWIFT  ?= swift
PREFIX ?= /usr
UNITS  ?= $(PREFIX)/lib/systemd/system
# What `install` installs: a release if there is one, with its manual pages and completions.
BUILD  ?= $(if $(wildcard .build/dist/faultd),.build/dist,.build/debug)
ROOT   := $(CURDIR)
# Not LAB: make would hand that on to the scripts, for which it is where the nodes are.
TOOLS  := Tests/lab
# The lab makes namespaces, mounts and cgroups.
SUDO   := $(if $(filter 0,$(shell id -u)),,sudo -E env "PATH=$$PATH")
SOAK   := Tests/soak
# Kills the daemon at a system call of choice; not Swift, and alone in that.
CRASHPOINT := .build/crashpoint
BENCH  := Tests/bench/run
SCRIPTS = $(addprefix $(SOAK)/,common.sh sweep storm run others) $(addprefix $(TOOLS)/,common.sh mkroot labnode lab test demo deps vm node/lab-init vm.d/run vm.d/common.sh) $(wildcard $(TOOLS)/vm.d/proof-*) Tests/docs-check Tests/docs-site $(BENCH) .ci/run \
	deploy/image/root deploy/image/build $(addprefix packaging/,common.sh version release manuals deb rpm)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps build test test-unit test-lab lab lab-down run demo soak bench bench-check vm-lab test-vm lint docs doc-site format image release deb rpm install install-manuals uninstall clean

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

bench: release ## how fast a release is, beside what a person would do instead and the bare mechanisms: 8 minutes (BENCH_KEEP=1 keeps the table)
	packaging/release faultd-bench
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

release: deps ## faultd and faultctl as they are shipped, in .build/dist; all libraries are compiled the first time (10 minutes)
	packaging/release

deb: release ## the Debian package, .build/dist/faultd_VERSION_ARCHITECTURE.deb
	@$(TOOLS)/deps deb
	packaging/deb

rpm: release ## the same as an RPM
	@$(TOOLS)/deps rpm
	packaging/rpm

install: ## install on this node, or into DESTDIR (make release first, or make build)
	@test -x $(BUILD)/faultd || { echo "install: no $(BUILD)/faultd: run make release first, or name a BUILD folder" >&2; exit 1; }
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(BUILD)/faultd $(BUILD)/faultctl
	install -D -m 644 systemd/faultd.service $(DESTDIR)$(UNITS)/faultd.service
	install -D -m 644 systemd/faultd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/faultd.conf
	install -D -m 644 systemd/faultd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/faultd.conf
	@test ! -e $(BUILD)/man || $(MAKE) -s install-manuals DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) BUILD=$(BUILD)
	@# A configuration that is there stays.
	test -e $(DESTDIR)/etc/faultd/faultd.yaml || install -D -m 644 config/faultd.yaml $(DESTDIR)/etc/faultd/faultd.yaml
	@test -n "$(DESTDIR)" || echo "now: systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload && systemctl enable --now faultd"

SHARE = $(DESTDIR)$(PREFIX)/share
install-manuals:
	install -D -m 644 -t $(SHARE)/man/man1 $(BUILD)/man/faultctl.1
	install -D -m 644 -t $(SHARE)/man/man5 $(BUILD)/man/faultd.yaml.5
	install -D -m 644 -t $(SHARE)/man/man8 $(BUILD)/man/faultd.8
	install -D -m 644 -t $(SHARE)/zsh/vendor-completions $(BUILD)/completions/_faultd $(BUILD)/completions/_faultctl
	install -D -m 644 -t $(SHARE)/fish/vendor_completions.d $(BUILD)/completions/faultd.fish $(BUILD)/completions/faultctl.fish
	install -D -m 644 $(BUILD)/completions/faultd.bash $(SHARE)/bash-completion/completions/faultd
	install -D -m 644 $(BUILD)/completions/faultctl.bash $(SHARE)/bash-completion/completions/faultctl
	install -D -m 644 -t $(SHARE)/doc/faultd $(BUILD)/NOTICE

uninstall: ## remove what install put there; the configuration and the journal stay
	rm -f $(DESTDIR)$(PREFIX)/bin/faultd $(DESTDIR)$(PREFIX)/bin/faultctl $(DESTDIR)$(UNITS)/faultd.service
	rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/faultd.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/faultd.conf
	rm -f $(SHARE)/man/man1/faultctl.1 $(SHARE)/man/man5/faultd.yaml.5 $(SHARE)/man/man8/faultd.8 $(SHARE)/doc/faultd/NOTICE
	rm -f $(addprefix $(SHARE)/zsh/vendor-completions/_,faultd faultctl) $(addprefix $(SHARE)/bash-completion/completions/,faultd faultctl)
	rm -f $(addsuffix .fish,$(addprefix $(SHARE)/fish/vendor_completions.d/,faultd faultctl))

clean: ## remove builds and whatever a lab left; the cached base root stays
	@for prefix in fd fdt fdd fdb fds fds1 fds2 fds3 fds4 fds5 fds6; do $(SUDO) env LAB_PREFIX=$$prefix $(TOOLS)/labnode clean; done
	rm -rf .build
