// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchService
import Logging
import Testing

/// What sd_notify really sends, on a real datagram socket. Serialized: the environment is the process's.
@ServiceLoop
@Suite("Service manager", .serialized)
struct ServiceManagerTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("assignments arrive at $NOTIFY_SOCKET as they were given, one a line")
    func notifies() throws {
        let listener = try NotifySocket()
        defer { listener.close() }
        setenv("NOTIFY_SOCKET", listener.name, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        let manager = ServiceManager(logger: Self.logger)
        manager.notify("READY=1", "STATUS=4 HSMs: 4 ok · 0 queued")
        #expect(listener.receive() == "READY=1\nSTATUS=4 HSMs: 4 ok · 0 queued")
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
    func nobody() {
        unsetenv("NOTIFY_SOCKET")
        ServiceManager(logger: Self.logger).notify("READY=1")
    }
}

/// An abstract datagram socket, as systemd's own.
struct NotifySocket {
    /// Seconds that `receive` waits at the most.
    private static let patience = 5

    /// What goes into `$NOTIFY_SOCKET`.
    let name: String
    private let descriptor: CInt

    init() throws {
        name = "@hsmwatch-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(name.utf8.dropFirst())
        withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + 1 + path.count)
        let status = withUnsafeBytes(of: &address) { bytes in
            bytes.baseAddress.map { bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), length) } ?? -1
        }
        try #require(status == 0)
        var timeout = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    /// The next datagram; nil when none came in time.
    func receive() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    func close() {
        _ = Glibc.close(descriptor)
    }
}
