// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import HSMWatchSimulation
import Testing

/// A peer that answers one request of one client with the bytes that a test wants, which no HSM would send.
struct ReplyingPeer {
    let address: ListenAddress

    /// Listens on a free port of 127.0.0.1; ends with the client's end.
    init(_ reply: [UInt8]) throws {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> CInt in
                guard bind(listener, address, length) == 0, listen(listener, 1) == 0 else { return -1 }
                return getsockname(listener, address, &length)
            }
        }
        try #require(status == 0)
        address = ListenAddress(host: "127.0.0.1", port: Int(UInt16(bigEndian: place.sin_port)))
        DispatchQueue(label: "peer").async {
            defer { close(listener) }
            let client = accept(listener, nil, nil)
            defer { close(client) }
            var bytes = [UInt8](repeating: 0, count: 64)
            guard recv(client, &bytes, bytes.count, 0) > 0 else { return }
            _ = send(client, reply, reply.count, CInt(MSG_NOSIGNAL))
            while recv(client, &bytes, bytes.count, 0) > 0 {}
        }
    }
}
