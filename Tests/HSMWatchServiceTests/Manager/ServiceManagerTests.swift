// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc
import HSMWatchService
import Logging
import TestSupport
import Testing

/// What sd_notify really sends, on a real datagram socket. Serialized: the environment is the process's.
@ServiceLoop
@Suite("Service manager", .serialized)
struct ServiceManagerTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("assignments arrive at $NOTIFY_SOCKET as they were given, one a line")
    func notifies() async throws {
        let listener = try NotifySocket()
        defer { listener.shutDown() }
        setenv("NOTIFY_SOCKET", listener.address, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        let manager = ServiceManager(logger: Self.logger)
        manager.notify("READY=1", "STATUS=4 HSMs: 4 ok · 0 queued")
        let told = try await listener.heard { $0 == "READY=1" }
        #expect(told.map(\.assignments) == [["READY=1", "STATUS=4 HSMs: 4 ok · 0 queued"]])
    }

    @Test("a descriptor arrives with its assignments, and the sender goes on when the manager has come so far")
    func hands() async throws {
        let listener = try NotifySocket()
        defer { listener.shutDown() }
        setenv("NOTIFY_SOCKET", listener.address, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        let file = dup(STDERR_FILENO)
        defer { close(file) }
        await ServiceManager(logger: Self.logger).hand("FDSTORE=1\nFDNAME=cwWQtXM_mhG", file)
        let received = try await listener.heard { $0 == "BARRIER=1" }
        #expect(received.map(\.assignments) == [["FDSTORE=1", "FDNAME=cwWQtXM_mhG"], ["BARRIER=1"]])
        #expect(received.first?.inode == NotifySocket.inode(of: file))
    }

    @Test("the watchdog's timeout is what $WATCHDOG_USEC says, for this process only")
    func watchdog() {
        let manager = ServiceManager(logger: Self.logger)
        #expect(manager.watchdogTimeout == nil)
        setenv("WATCHDOG_USEC", "3000000", 1)
        setenv("WATCHDOG_PID", "\(getpid())", 1)
        defer {
            unsetenv("WATCHDOG_USEC")
            unsetenv("WATCHDOG_PID")
        }
        #expect(manager.watchdogTimeout == .seconds(3))
        setenv("WATCHDOG_PID", "1", 1)
        #expect(manager.watchdogTimeout == nil)
    }

    @Test("without a manager nothing is sent, and nothing fails")
    func nobody() async {
        unsetenv("NOTIFY_SOCKET")
        let manager = ServiceManager(logger: Self.logger)
        manager.notify("READY=1")
        await manager.hand("FDSTORE=1\nFDNAME=cwWQtXM_mhG", STDERR_FILENO)
    }
}
