# SPDX-License-Identifier: Apache-2.0

PREFIX = /usr
DESTDIR =
# Arguments for `hsmwatch demo`.
ARGS =
# Options for every swift build, run and test, for example --scratch-path.
SWIFTFLAGS =
# A binary to install that was built before; without it `make install` builds one.
BINARY =

build_packages = libsystemd-dev libsqlite3-dev pkg-config
test_packages = $(build_packages) systemd systemd-container

# The Swift runtime is linked in, so the installed program needs no toolchain. Its symbols stay: a backtrace, gdb or
# perf on a machine in production is worth more than the megabytes.
release_flags = -c release --static-swift-stdlib $(SWIFTFLAGS)
binary = $(or $(BINARY),$(shell swift build $(release_flags) --show-bin-path)/hsmwatch)

bin = $(DESTDIR)$(PREFIX)/bin
units = $(DESTDIR)$(PREFIX)/lib/systemd/system
doc = $(DESTDIR)$(PREFIX)/share/doc/hsmwatch
etc = $(DESTDIR)/etc/hsmwatch

.PHONY: help demo test lint bench release install uninstall clean

help:
	@echo 'make demo       builds hsmwatch and shows it with simulated HSMs and Graylog; ARGS="--duration 30s"'
	@echo 'make test       builds and runs all tests, as root also those under a real systemd'
	@echo 'make lint       checks format, imports, house rules and warnings'
	@echo 'make bench      measures CPU time per poll, and memory'
	@echo 'make release    builds the program that install installs'
	@echo 'make install    installs program, unit and example configuration; DESTDIR= PREFIX=/usr BINARY='
	@echo 'make uninstall  removes what install installed, except the configuration'
	@echo 'make clean      removes what was built'

demo:
	@scripts/install-packages $(build_packages)
	swift run $(SWIFTFLAGS) hsmwatch demo $(ARGS)

# One test after the other: many of them wait for the same event loop, disk and processors, and some measure time. Under a
# real systemd last.
test:
	@scripts/install-packages $(test_packages)
	swift build --build-tests $(SWIFTFLAGS)
	swift test --skip-build --no-parallel $(SWIFTFLAGS) --skip '^SystemdTests\.'
	swift test --skip-build --no-parallel $(SWIFTFLAGS) --filter '^SystemdTests\.'

# The last step shows the warnings: the package's settings make each an error.
lint:
	@scripts/install-packages $(build_packages)
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	scripts/lint-imports
	scripts/lint-house-rules
	swift build --build-tests $(SWIFTFLAGS)

bench:
	@scripts/install-packages $(build_packages)
	Benchmarks/run

release:
	@scripts/install-packages $(build_packages)
	swift build $(release_flags) --product hsmwatch

# The configuration belongs to the administrator from the first installation on.
install: $(if $(BINARY),,release)
	install -D -m 0755 $(binary) $(bin)/hsmwatch
	install -d $(units) $(doc) $(etc)
	sed 's,/usr/,$(PREFIX)/,' systemd/hsmwatch.service > $(units)/hsmwatch.service
	chmod 0644 $(units)/hsmwatch.service
	install -m 0644 LICENSE README.md systemd/hsmwatch.yaml $(doc)
	test -e $(etc)/hsmwatch.yaml || install -m 0644 systemd/hsmwatch.yaml $(etc)/hsmwatch.yaml
	@echo
	@echo 'Next:'
	@echo '  1. name your HSMs and your Graylog in /etc/hsmwatch/hsmwatch.yaml'
	@echo '  2. hsmwatch check'
	@echo '  3. systemctl daemon-reload'
	@echo '  4. systemctl enable --now hsmwatch'

uninstall:
	rm -f $(bin)/hsmwatch $(units)/hsmwatch.service
	rm -rf $(doc)
	@echo
	@echo 'Kept: /etc/hsmwatch (configuration) and /var/lib/hsmwatch (undelivered messages).'
	@echo 'A service that still runs is ended by: systemctl disable --now hsmwatch && systemctl daemon-reload'

clean:
	swift package $(SWIFTFLAGS) clean
