// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc

/// What systemd listens on: a datagram socket to which a service tells how it is (sd_notify(3)).
package final class NotifySocket {
    package struct Failed: Error {
        let call: String
        let code: Int32

        package init(call: String, code: Int32) {
            self.call = call
            self.code = code
        }
    }

    /// One datagram: assignments, one a line.
    package struct Notification: Sendable {
        package let assignments: [String]
        package let arrivedAt: ContinuousClock.Instant
        /// Of the descriptor that came with it.
        package let inode: ino_t?
    }

    /// What came until now, for those who wait for more.
    package let notifications = Watched([Notification]())
    /// What `$NOTIFY_SOCKET` must be.
    package let address: String

    private let source: any DispatchSourceRead

    /// Longer than any notification.
    private static let datagramLimit = 4096

    /// Binds the address; one that begins with `@` is in the abstract namespace (unix(7)).
    package init(_ address: String) throws {
        self.address = address
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(call: "socket", code: errno) }
        try Self.bind(descriptor, to: address)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Notification.self)
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
        source.setEventHandler {
            while let notification = Self.notification(from: descriptor) { arrival.yield(notification) }
        }
        source.setCancelHandler {
            close(descriptor)
            arrival.finish()
        }
        source.activate()
        Task { [notifications] in
            for await notification in arrivals {
                await notifications.change { $0.append(notification) }
            }
        }
    }

    /// Binds an address that no other socket has.
    package convenience init() throws {
        try self.init("@hsmwatch-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
    }

    package func shutDown() {
        source.cancel()
    }

    /// Waits until an assignment has come, and answers everything that came until then.
    @discardableResult
    package func heard(
        within limit: Duration = patience, _ isExpected: @escaping @Sendable (String) -> Bool
    ) async throws -> [Notification] {
        try await notifications.value(within: limit) { $0.contains { $0.assignments.contains(where: isExpected) } }
    }

    package static func bind(_ descriptor: CInt, to address: String) throws {
        try call("bind", Glibc.bind, descriptor, address)
    }

    /// Calls bind(2) or connect(2).
    package static func call(
        _ name: String, _ function: (CInt, UnsafePointer<sockaddr>?, socklen_t) -> CInt, _ descriptor: CInt,
        _ address: String
    ) throws {
        var socketAddress = sockaddr_un()
        socketAddress.sun_family = sa_family_t(AF_UNIX)
        var path = Array(address.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &socketAddress.sun_path) { $0.copyBytes(from: path) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let status = withUnsafePointer(to: socketAddress) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { function(descriptor, $0, length) }
        }
        guard status == 0 else { throw Failed(call: name, code: errno) }
    }

    /// What tells a file from any other that is open here.
    package static func inode(of descriptor: CInt) -> ino_t? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_ino : nil
    }

    private static func notification(from descriptor: CInt) -> Notification? {
        var text = [UInt8](repeating: 0, count: datagramLimit)
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
        guard count >= 0 else { return nil }
        var inode: ino_t?
        if hasControl {
            let handed = control.withUnsafeBytes {
                $0.loadUnaligned(fromByteOffset: MemoryLayout<cmsghdr>.size, as: CInt.self)
            }
            inode = self.inode(of: handed)
            close(handed)
        }
        let received = String(decoding: text.prefix(count), as: UTF8.self)
        return Notification(assignments: received.components(separatedBy: "\n"), arrivedAt: .now, inode: inode)
    }
}

extension [NotifySocket.Notification] {
    /// All assignments, in the order of their arrival.
    package var assignments: [String] { flatMap(\.assignments) }
}
