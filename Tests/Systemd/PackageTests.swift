// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("The Debian package under a real systemd", .timeLimit(.minutes(15)))
struct PackageTests {
    @Test("apt installs it alone, neither enabled nor started, and no file outside its list")
    func install() async throws {
        try await Machine.packaged.expect("10-install")
    }

    @Test("a start before the configuration was edited says in one line what to edit")
    func unconfigured() async throws {
        try await Machine.packaged.expect("20-unconfigured")
    }

    @Test("with one address edited and the service enabled, readings arrive")
    func configure() async throws {
        try await Machine.packaged.expect("30-configure-and-enable")
    }

    @Test("after a reboot it polls again by itself")
    func reboot() async throws {
        try await Machine.packaged.expect("40-after-the-reboot")
    }

    @Test("an upgrade keeps configuration, connection and spool, and leaves no gap of more than 2 s")
    func upgrade() async throws {
        try await Machine.packaged.expect("50-upgrade")
    }

    @Test("a removal keeps configuration and spool, and nothing was lost until then")
    func remove() async throws {
        try await Machine.packaged.expect("60-remove")
    }

    @Test("installed again it goes on where it ended")
    func installAgain() async throws {
        try await Machine.packaged.expect("70-return")
    }

    @Test("a purge leaves nothing, and says that undelivered messages go")
    func purge() async throws {
        try await Machine.packaged.expect("80-purge")
    }
}
