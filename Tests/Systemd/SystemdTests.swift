// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("The service under a real systemd", .timeLimit(.minutes(10)))
struct SystemdTests {
    @Test("what `make install` installs is a valid configuration, but for the address to put in")
    func installedConfiguration() async throws {
        try await Machine.installed.expect("installed-configuration-is-valid")
    }

    @Test("systemctl enable starts it at boot")
    func enable() async throws {
        try await Machine.installed.expect("enabled-at-boot")
    }

    @Test("systemctl start waits, and it is active only after READY")
    func ready() async throws {
        try await Machine.installed.expect("active-only-after-ready")
    }

    @Test("it becomes active with every HSM and Graylog down")
    func everythingDown() async throws {
        try await Machine.installed.expect("starts-with-everything-down")
    }

    @Test("systemctl status tells how the HSMs are and how many messages wait")
    func statusText() async throws {
        try await Machine.installed.expect("status-text")
    }

    @Test("a hung process is ended by the watchdog and started again, and nothing spooled is lost")
    func watchdog() async throws {
        try await Machine.installed.expect("hang-is-ended-by-the-watchdog")
    }

    @Test("systemctl stop delivers what waits, says so, and ends with success")
    func stop() async throws {
        try await Machine.installed.expect("stop-drains")
    }

    @Test("systemctl stop ends a hung process soon, and nothing spooled is lost")
    func stopOfHang() async throws {
        try await Machine.installed.expect("stop-ends-what-hangs")
    }

    @Test("systemctl stop keeps for the next start what cannot be delivered")
    func stopWithoutGraylog() async throws {
        try await Machine.installed.expect("stop-keeps-what-is-undelivered")
    }

    @Test("systemctl reload keeps the connections of what is unchanged")
    func reload() async throws {
        try await Machine.installed.expect("reload-keeps-what-is-unchanged")
    }

    @Test("systemctl reload with a broken file changes nothing, and says so where an administrator looks")
    func brokenReload() async throws {
        try await Machine.installed.expect("reload-refuses-a-broken-file")
    }

    @Test("a restart keeps every connection to an HSM, and the next one too")
    func restart() async throws {
        try await Machine.installed.expect("restart-keeps-the-connections")
    }

    @Test("restarted or killed, it goes on reading an HSM that is full and refuses every new connection")
    func restartWhileFull() async throws {
        try await Machine.installed.expect("restart-while-the-hsm-is-full")
    }

    @Test("after the watchdog has ended it, the next process goes on with its connections")
    func killKeepsConnections() async throws {
        try await Machine.installed.expect("kill-keeps-the-connections")
    }

    @Test("a restart ends the connections to HSMs that are gone, moved or no longer persistent")
    func restartWithOtherHSMs() async throws {
        try await Machine.installed.expect("restart-ends-what-is-not-configured")
    }

    @Test("systemctl stop closes every connection to an HSM")
    func stopClosesConnections() async throws {
        try await Machine.installed.expect("stop-closes-the-connections")
    }

    @Test("journalctl finds a transition by its fields")
    func journal() async throws {
        try await Machine.installed.expect("transition-found-by-field")
    }

    @Test("journalctl -x explains a transition")
    func catalog() async throws {
        try await Machine.installed.expect("catalog-explains-a-transition")
    }

    @Test("a broken configuration is named with file, line and column, and not tried again")
    func brokenConfiguration() async throws {
        try await Machine.installed.expect("broken-configuration-is-not-retried")
    }

    @Test("it runs as a user of its own that alone can read the spool")
    func dynamicUser() async throws {
        try await Machine.installed.expect("runs-as-a-dynamic-user")
    }

    @Test("hsmwatch status is answered to root and to the group of a drop-in, and to nobody else")
    func status() async throws {
        try await Machine.installed.expect("status-for-root-and-a-group")
    }

    @Test("hardened to an exposure of at most 1.5, it polls by address, by /etc/hosts and by DNS, and delivers")
    func hardening() async throws {
        try await Machine.installed.expect("hardened-and-still-delivers")
    }

    @Test("every hardening directive of the unit ends something, alone and with the others")
    func directives() async throws {
        try await Machine.installed.expect("every-directive-is-in-effect")
    }

    @Test("it listens on no port, only on its Unix socket")
    func listening() async throws {
        try await Machine.installed.expect("listens-on-no-port")
    }

    @Test("with the example drop-in it reaches the HSMs, Graylog and the name server, and no other address")
    func network() async throws {
        try await Machine.installed.expect("network-drop-in-limits-what-is-reached")
    }

    @Test("it delivers with a key and a token of LoadCredential=, which nobody else can read and nothing repeats")
    func credentials() async throws {
        try await Machine.installed.expect("delivers-with-keys-that-nobody-else-can-read")
    }

    @Test("a token that others can read is refused with the chmod to run")
    func exposedKeys() async throws {
        try await Machine.installed.expect("keys-that-others-can-read-are-refused")
    }

    @Test("a crash dumps no core, not even where the limit allows one")
    func cores() async throws {
        try await Machine.installed.expect("no-core-is-dumped")
    }
}
