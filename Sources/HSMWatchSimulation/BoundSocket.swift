// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// A TCP socket that holds an address without listening on it: the kernel refuses every client.
///
/// A port that refuses for a while stays ours this way; with no socket at all the kernel could give it to the next
/// process that asks for a free one.
struct BoundSocket {
    let descriptor: CInt
    /// The address with its real port, when port 0 was asked for.
    let address: SocketAddress

    /// Where the port stands in `sockaddr_in` and in `sockaddr_in6`, in bytes (ip(7), ipv6(7)).
    private static let portOffset = 2

    /// Binds with `SO_REUSEADDR`, so that connections of a former listener on the port do not stand in the way.
    init(_ wanted: SocketAddress) throws {
        let family = wanted.protocol == .inet6 ? AF_INET6 : AF_INET
        descriptor = try Self.check("socket", socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        do {
            address = try Self.bind(descriptor, wanted)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Lets clients in, until NIO takes the socket over with a backlog of its own.
    func listen() throws {
        _ = try Self.check("listen", Glibc.listen(descriptor, SOMAXCONN))
    }

    func close() {
        Glibc.close(descriptor)
    }

    /// Binds `descriptor` and returns the address that the kernel made of it.
    private static func bind(_ descriptor: CInt, _ wanted: SocketAddress) throws -> SocketAddress {
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        _ = try check("setsockopt", setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size))
        _ = try wanted.withSockAddr { try check("bind", Glibc.bind(descriptor, $0, socklen_t($1))) }
        var bound = wanted
        bound.port = try localPort(descriptor)
        return bound
    }

    private static func localPort(_ descriptor: CInt) throws -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try withUnsafeMutablePointer(to: &storage) { storage in
            try storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = try check("getsockname", getsockname(descriptor, address, &length))
            }
        }
        return withUnsafeBytes(of: storage) { bytes in
            Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: portOffset, as: UInt16.self)))
        }
    }

    private static func check(_ call: String, _ result: CInt) throws -> CInt {
        guard result >= 0 else { throw IOError(errnoCode: errno, reason: call) }
        return result
    }
}
