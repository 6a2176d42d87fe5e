# SPDX-License-Identifier: Apache-2.0

PREFIX = /usr
DESTDIR =
# Arguments for `hsmwatch demo`.
ARGS =
# Options for every swift build, run and test, for example --scratch-path.
SWIFTFLAGS =
# Inputs that `make fuzz` gives each of its targets.
RUNS = 1000000
# How long `make soak` makes trouble, and the order of the troubles.
SECONDS = 600
SEED := $(shell date +%s)
# How often `make standby` does each harm.
ROUNDS = 3
# Where `make release` puts the program; what is there, `make install` takes without building.
BINARY = .build/hsmwatch

build_packages = libsystemd-dev libsqlite3-dev zlib1g-dev pkg-config
bench_packages = $(build_packages) gcc libc6-dev sqlite3
deb_packages = $(build_packages) debhelper dpkg-dev lintian systemd
lint_packages = $(build_packages) man-db mandoc
check_packages = $(lint_packages) openssl e2fsprogs mount
test_packages = $(build_packages) systemd systemd-container libnetty-java default-jdk-headless openssl e2fsprogs mount \
    bsdutils curl netcat-openbsd fish zsh iproute2 debootstrap $(deb_packages)
standby_packages = systemd-container debootstrap iproute2 procps util-linux $(deb_packages)

# The Swift runtime is linked in, so the installed program needs no toolchain. Its symbols stay: a backtrace, gdb or
# perf on a machine in production is worth more than the megabytes.
# What the linker fills in cannot be written to afterwards. Two builds in one folder have the same bytes: without the
# names of folders, and without the compiler's hashes of modules, which serve it alone and change from build to build.
release_flags = -c release --static-swift-stdlib --disable-local-rpath -Xlinker -z -Xlinker now \
    -Xswiftc -file-prefix-map -Xswiftc $(CURDIR)=. -Xcc -ffile-prefix-map=$(CURDIR)=. \
    -Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen $(SWIFTFLAGS)

bin = $(DESTDIR)$(PREFIX)/bin
units = $(DESTDIR)$(PREFIX)/lib/systemd/system
catalog = $(DESTDIR)$(PREFIX)/lib/systemd/catalog
doc = $(DESTDIR)$(PREFIX)/share/doc/hsmwatch
installed_units = hsmwatch.service hsmwatch@.service
man = $(DESTDIR)$(PREFIX)/share/man
man_pages = $(wildcard docs/man/*)
# Below man: man1/hsmwatch.1.gz and so on.
installed_man_pages = $(foreach page,$(man_pages),man$(subst .,,$(suffix $(page)))/$(notdir $(page)).gz)
# Where Debian's shells look for the completions of a package.
bash_completion = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/hsmwatch
zsh_completion = $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_hsmwatch
fish_completion = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/hsmwatch.fish
etc = $(DESTDIR)/etc/hsmwatch
# Behind what is of no use where the files are only gathered.
on_target = $(if $(DESTDIR), (on the machine that gets $(DESTDIR)))

.PHONY: help demo check test soak standby fuzz lint bench release deb install uninstall clean

help:
	@echo 'make demo       builds hsmwatch and shows it with simulated HSMs and Graylog; ARGS="--duration 30s"'
	@echo 'make check      the fast loop: lint, and the tests of Core, Graylog and Service, side by side'
	@echo 'make test       builds and runs all tests, as root also those under a real systemd'
	@echo 'make soak       stops, hangs and kills Graylog and the service for SECONDS=$(SECONDS); SEED= repeats a run'
	@echo 'make standby    as root: a pair of containers under Pacemaker, and what becomes of it, ROUNDS=$(ROUNDS) times each'
	@echo 'make fuzz       gives the parsers RUNS=$(RUNS) hostile inputs each: HSM, Graylog, terminal, configuration'
	@echo 'make lint       checks format, imports, house rules, man pages and warnings'
	@echo 'make bench      measures CPU time per poll, memory, and how fast a backlog leaves'
	@echo 'make release    builds the program that install installs, as BINARY=$(BINARY)'
	@echo 'make deb        builds the Debian package .build/hsmwatch_VERSION_ARCH.deb, and has lintian check it'
	@echo 'make install    installs program, units, example configuration, man pages, completions and docs;'
	@echo '                DESTDIR= PREFIX=$(PREFIX) BINARY='
	@echo 'make uninstall  removes what install installed, except the configuration; disable the service before'
	@echo 'make clean      removes what was built'

demo:
	@scripts/install-packages $(build_packages)
	swift run $(SWIFTFLAGS) hsmwatch demo $(ARGS)

# The fast loop: every test except those of the program itself and of systemd. The groups take about the same time.
check: lint
	@scripts/install-packages $(check_packages)
	SWIFTFLAGS='$(SWIFTFLAGS)' scripts/run-tests '^(HSMWatchCore|Fuzzing)Tests\.' '^HSMWatchGraylogTests\.' \
	    '^HSMWatchServiceTests\.([A-N]|[PQ])' '^HSMWatchServiceTests\.Output[A-L]' \
	    '^HSMWatchServiceTests\.(O(?!utput[A-L])|R)' '^HSMWatchServiceTests\.[S-Z]'

# In each of the four groups one test after the other: many of them wait for the same event loop and disk, and some measure
# time. The Debian package is for those under a real systemd, its program for those that push many messages. The syslog
# servers that some deliver to are not installed, where they would run. Where they cannot be had those tests are skipped,
# unless nothing may be.
test:
	@scripts/install-packages $(test_packages)
	@scripts/unpack-syslog-servers .build/syslog-servers || [ "$$CI" != true ]
	swift build --build-tests $(SWIFTFLAGS)
	$(MAKE) --no-print-directory deb
	SWIFTFLAGS='$(SWIFTFLAGS)' RELEASE_PROGRAM=$(abspath $(BINARY)) scripts/run-tests \
	    '^(HSMWatch(Core|Graylog|Service)|Fuzzing)Tests\.' \
	    '^EndToEndTests\.EndToEnd/([A-M]|NettyTests)' '^EndToEndTests\.EndToEnd/(?!NettyTests)[N-Z]' '^SystemdTests\.'

# Against a real Netty server, half of the time over TLS. It prints its seed, and fails when a message is missing.
soak:
	@scripts/install-packages $(test_packages)
	swift build --build-tests $(SWIFTFLAGS)
	SWIFTFLAGS='$(SWIFTFLAGS)' SOAK_SECONDS=$(SECONDS) SEED=$(SEED) scripts/run-tests 'SoakTests'

# Half an hour, in network namespaces of its own.
standby: deb
	@scripts/install-packages $(standby_packages)
	ROUNDS=$(ROUNDS) Tests/Systemd/Standby/try .build .build/standby

# Opens nothing but files below .build/fuzz.
fuzz:
	RUNS=$(RUNS) scripts/fuzz

# The last step shows the warnings: the package's settings make each an error.
lint:
	@scripts/install-packages $(lint_packages)
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Fuzz
	scripts/lint-imports
	scripts/lint-house-rules
	scripts/lint-man-pages $(man_pages)
	scripts/template-unit | diff systemd/hsmwatch@.service -
	swift build --build-tests $(SWIFTFLAGS)

bench: release
	@scripts/install-packages $(bench_packages)
	BINARY=$(BINARY) Benchmarks/run
	BINARY=$(BINARY) Benchmarks/catch-up

release:
	@scripts/install-packages $(build_packages)
	TMPDIR=/tmp swift build $(release_flags) --product hsmwatch
	install -D -m 0755 "$$(swift build $(release_flags) --show-bin-path)/hsmwatch" $(BINARY)

deb: release
	@scripts/install-packages $(deb_packages)
	rm -f .build/hsmwatch*.deb
	scripts/build-package $(BINARY) .build
	scripts/lint-package .build/hsmwatch_*.deb

# The configuration belongs to the administrator from the first installation on. The documentation keeps its folders,
# since README.md links into them.
install: $(if $(wildcard $(BINARY)),,release)
	install -D -m 0755 $(BINARY) $(bin)/hsmwatch
	install -d $(units) $(catalog) $(doc)/docs/pictures $(doc)/systemd/standby $(etc)
	for unit in $(installed_units); do \
	    sed 's,/usr/,$(PREFIX)/,' "systemd/$$unit" >"$(units)/$$unit" && chmod 0644 "$(units)/$$unit" || exit 1; \
	done
	install -m 0644 systemd/hsmwatch.catalog $(catalog)
	install -m 0644 CONTRIBUTING.md LICENSE README.md $(doc)
	install -m 0644 docs/*.md docs/*.json $(doc)/docs
	install -m 0644 docs/pictures/*.svg docs/pictures/*.png $(doc)/docs/pictures
	install -m 0644 systemd/hsmwatch.yaml systemd/*.conf $(doc)/systemd
	install -m 0644 systemd/standby/* $(doc)/systemd/standby
	for page in $(installed_man_pages); do \
	    install -d "$(man)/$$(dirname "$$page")" && \
	    sed 's,/usr/,$(PREFIX)/,' "docs/man/$$(basename "$$page" .gz)" | gzip -9n >"$(man)/$$page" && \
	    chmod 0644 "$(man)/$$page" || exit 1; \
	done
	install -d $(dir $(bash_completion) $(zsh_completion) $(fish_completion))
	$(abspath $(BINARY)) --generate-completion-script bash | grep -v '^#!' >$(bash_completion)
	$(abspath $(BINARY)) --generate-completion-script zsh >$(zsh_completion)
	$(abspath $(BINARY)) --generate-completion-script fish >$(fish_completion)
	chmod 0644 $(bash_completion) $(zsh_completion) $(fish_completion)
	test -e $(etc)/hsmwatch.yaml || install -m 0644 systemd/hsmwatch.yaml $(etc)/hsmwatch.yaml
	@echo
	@echo 'Next:'
	@echo '  1. name your HSMs and your Graylog in $(etc)/hsmwatch.yaml'
	@echo '  2. $(bin)/hsmwatch check$(if $(DESTDIR), --config $(etc)/hsmwatch.yaml)'
	@echo '  3. systemctl daemon-reload && journalctl --update-catalog$(on_target)'
	@echo '  4. systemctl enable --now hsmwatch$(on_target)'

# A unit that is gone can no longer be disabled.
uninstall:
	@if [ -z '$(DESTDIR)' ] && [ -e $(units)/hsmwatch.service ] && \
	    { systemctl --quiet is-active hsmwatch 'hsmwatch@*' || systemctl --quiet is-enabled hsmwatch; } 2>/dev/null; then \
	    echo 'The service runs, or would at the next boot. First: systemctl disable --now hsmwatch' >&2; exit 1; \
	fi
	rm -f $(bin)/hsmwatch $(addprefix $(units)/,$(installed_units)) $(catalog)/hsmwatch.catalog
	rm -f $(addprefix $(man)/,$(installed_man_pages)) $(bash_completion) $(zsh_completion) $(fish_completion)
	rm -rf $(doc)
	@echo
	@echo 'Kept: $(etc) (configuration) and $(DESTDIR)/var/lib/hsmwatch (undelivered messages).'
	@echo 'Next: systemctl daemon-reload && journalctl --update-catalog$(on_target)'

clean:
	swift package $(SWIFTFLAGS) clean
	rm -f .build/hsmwatch
