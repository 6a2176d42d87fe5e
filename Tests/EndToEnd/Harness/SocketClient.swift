// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport

/// A client with nothing between a test and the socket: sends bytes, and waits for an answer.
final class SocketClient {
    enum Transport {
        case tcp
        case udp
    }

    struct Failed: Error {
        let call: String
        let code: Int32
    }

    private let descriptor: CInt

    /// Connects to a port of 127.0.0.1; every wait on it ends after `patience`.
    init(_ address: ListenAddress, over transport: Transport = .tcp) throws {
        let type = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        descriptor = socket(AF_INET, CInt(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(call: "socket", code: errno) }
        var limit = timeval(tv_sec: Int(patience / .seconds(1)), tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var peer = sockaddr_in()
        peer.sin_family = sa_family_t(AF_INET)
        peer.sin_port = in_port_t(address.ports.lowerBound).bigEndian
        peer.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let status = withUnsafePointer(to: peer) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failed(call: "connect", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// Sends bytes; over UDP, one datagram.
    func send(_ bytes: [UInt8]) throws {
        let count = Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
        guard count == bytes.count else { throw Failed(call: "send", code: errno) }
    }

    /// What comes until a line feed, or until the peer closes.
    func line() throws -> String {
        var line: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while line.last != UInt8(ascii: "\n") {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count >= 0 else { throw Failed(call: "recv", code: errno) }
            guard count > 0 else { break }
            line += bytes.prefix(count)
        }
        return String(decoding: line, as: UTF8.self)
    }
}
