// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing

@testable import HSMWatchSimulation

/// A listening socket that accepts nobody, with its queue filled: the kernel drops what else wants to connect.
struct FullListener {
    /// Connections that surely fill a queue of one.
    private static let fillers = 4

    let port: Int
    private let descriptors: [CInt]

    init() throws {
        let listener = try BoundSocket(try SocketAddress(ipAddress: "127.0.0.1", port: 0), .stream)
        try #require(listen(listener.descriptor, 0) == 0)
        port = try #require(listener.address.port)
        descriptors = [listener.descriptor] + (0..<Self.fillers).map { _ in Self.connect(to: listener.address) }
    }

    func close() {
        descriptors.forEach { _ = Glibc.close($0) }
    }

    /// Begins to connect, and does not wait for it.
    private static func connect(to address: SocketAddress) -> CInt {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        _ = address.withSockAddr { Glibc.connect(client, $0, socklen_t($1)) }
        return client
    }
}
