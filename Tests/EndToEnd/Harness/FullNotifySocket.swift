// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestSupport

/// A `$NOTIFY_SOCKET` that nobody reads, full from the beginning: every sd_notify(3) blocks until `read`.
final class FullNotifySocket {
    /// What `$NOTIFY_SOCKET` must be.
    let address: String
    private let descriptor: CInt

    /// The datagrams that fill it.
    private static let filling = "FILLING=1"
    /// Longer than any notification.
    private static let datagramLimit = 4096

    init(_ address: String) throws {
        self.address = address
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw NotifySocket.Failed(call: "socket", code: errno) }
        var limit = timeval(tv_sec: Int(patience / .seconds(1)), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try NotifySocket.bind(descriptor, to: address)
        try fill()
    }

    deinit {
        close(descriptor)
    }

    /// Reads notifications until the last one is as expected, and answers the assignments of all, without the filling.
    func read(until isLast: ([String]) -> Bool) throws -> [[String]] {
        var notifications: [[String]] = []
        while true {
            var bytes = [UInt8](repeating: 0, count: Self.datagramLimit)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count >= 0 else { throw NotifySocket.Failed(call: "recv after \(notifications)", code: errno) }
            let assignments = String(decoding: bytes.prefix(count), as: UTF8.self).components(separatedBy: "\n")
            guard assignments != [Self.filling] else { continue }
            notifications.append(assignments)
            if isLast(assignments) { return notifications }
        }
    }

    private func fill() throws {
        let sender = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard sender >= 0 else { throw NotifySocket.Failed(call: "socket", code: errno) }
        defer { close(sender) }
        try NotifySocket.call("connect", connect, sender, address)
        let bytes = Array(Self.filling.utf8)
        while send(sender, bytes, bytes.count, 0) > 0 {}
        guard errno == EAGAIN else { throw NotifySocket.Failed(call: "send", code: errno) }
    }
}
