// SPDX-License-Identifier: Apache-2.0

import Dispatch
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

    @Test("a descriptor arrives with its assignments, and the sender goes on when the manager has come so far")
    func hands() async throws {
        let listener = try NotifySocket()
        defer { listener.close() }
        setenv("NOTIFY_SOCKET", listener.name, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        let file = dup(STDERR_FILENO)
        defer { close(file) }
        async let messages = listener.messages(2)
        await ServiceManager(logger: Self.logger).hand("FDSTORE=1\nFDNAME=cwWQtXM_mhG", file)
        let received = await messages
        #expect(received.map(\.text) == ["FDSTORE=1\nFDNAME=cwWQtXM_mhG", "BARRIER=1"])
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

    /// The next datagrams, received on another thread; each with the inode of the descriptor that came with it.
    func messages(_ count: Int) async -> [(text: String?, inode: ino_t?)] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: (0..<count).map { _ in message() }) }
        }
    }

    /// What tells a file from any other that is open here.
    static func inode(of descriptor: CInt) -> ino_t? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_ino : nil
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    private func message() -> (text: String?, inode: ino_t?) {
        var text = [UInt8](repeating: 0, count: 4096)
        // A cmsghdr, and the descriptor behind it (cmsg(3)).
        var control = [UInt8](repeating: 0, count: MemoryLayout<cmsghdr>.size + 8)
        let (count, hasControl) = text.withUnsafeMutableBytes { text in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: text.baseAddress, iov_len: text.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    return (recvmsg(descriptor, &message, 0), message.msg_controllen > 0)
                }
            }
        }
        guard count >= 0 else { return (nil, nil) }
        let received = String(decoding: text.prefix(count), as: UTF8.self)
        guard hasControl else { return (received, nil) }
        let handed = control.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: MemoryLayout<cmsghdr>.size, as: CInt.self)
        }
        defer { _ = Glibc.close(handed) }
        return (received, Self.inode(of: handed))
    }
}
