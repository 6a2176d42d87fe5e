// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchSimulation
import NIOCore
import Testing

/// A TCP socket as a killed process leaves it: nobody reads from it.
struct PlainSocket {
    let descriptor: CInt

    /// Connects to a port of this machine.
    init(to address: ListenAddress) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let status = try Self.withLoopback(address.ports.lowerBound) { [descriptor] in connect(descriptor, $0, $1) }
        try #require(status == 0)
    }

    /// Listens on a free port of this machine.
    init() throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let status = try Self.withLoopback(0) { [descriptor] in bind(descriptor, $0, $1) }
        try #require(status == 0 && listen(descriptor, 1) == 0)
    }

    func ask() {
        _ = write(descriptor, "<1223#>\n", 8)
    }

    /// Asks until the kernel's clock tells the question from what came before.
    func askVisibly() {
        repeat { ask() } while !hasAskedLast
    }

    private var hasAskedLast: Bool {
        var info = tcp_info()
        var length = socklen_t(MemoryLayout<tcp_info>.size)
        getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &info, &length)
        return info.tcpi_last_data_sent < info.tcpi_last_data_recv
    }

    func close() {
        _ = Glibc.close(descriptor)
    }

    private static func withLoopback(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws -> CInt {
        try SocketAddress(ipAddress: "127.0.0.1", port: port).withSockAddr { body($0, socklen_t($1)) }
    }
}
