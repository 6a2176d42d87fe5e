// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc

/// What systemd listens on: a datagram socket to which a service tells how it is (sd_notify(3)).
final class NotifySocket {
    struct Failed: Error {
        let call: String
        let code: Int32
    }

    /// One datagram: assignments, one a line.
    struct Notification: Sendable {
        let assignments: [String]
        let arrivedAt: ContinuousClock.Instant
    }

    /// What came until now, for those who wait for more.
    let notifications = Watched([Notification]())
    /// What `$NOTIFY_SOCKET` must be.
    let address: String

    private let source: any DispatchSourceRead

    /// Longer than any notification.
    private static let datagramLimit = 4096

    /// Binds the address; one that begins with `@` is in the abstract namespace (unix(7)).
    init(_ address: String) throws {
        self.address = address
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(call: "socket", code: errno) }
        try Self.bind(descriptor, to: address)
        let (arrivals, arrival) = AsyncStream.makeStream(of: Notification.self)
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
        source.setEventHandler {
            while let text = Self.datagram(from: descriptor) {
                arrival.yield(Notification(assignments: text.components(separatedBy: "\n"), arrivedAt: .now))
            }
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

    func shutDown() {
        source.cancel()
    }

    /// Waits until an assignment has come, and answers everything that came until then.
    @discardableResult
    func heard(
        within limit: Duration = patience, _ isExpected: @escaping @Sendable (String) -> Bool
    ) async throws -> [Notification] {
        try await notifications.value(within: limit) { $0.contains { $0.assignments.contains(where: isExpected) } }
    }

    static func bind(_ descriptor: CInt, to address: String) throws {
        try call("bind", Glibc.bind, descriptor, address)
    }

    /// Calls bind(2) or connect(2).
    static func call(
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

    private static func datagram(from descriptor: CInt) -> String? {
        var bytes = [UInt8](repeating: 0, count: datagramLimit)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

extension [NotifySocket.Notification] {
    /// All assignments, in the order of their arrival.
    var assignments: [String] { flatMap(\.assignments) }
}
