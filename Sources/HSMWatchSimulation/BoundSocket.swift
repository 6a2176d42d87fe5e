// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// A socket that holds an address without serving it: the kernel refuses every client.
///
/// A port that refuses for a while stays ours this way; with no socket at all the kernel could give it to the next
/// process that asks for a free one. A TCP socket refuses as long as it does not listen, a UDP socket as long as it is
/// connected to somebody else: to itself. (On a port that the kernel picked it is not, since it would lose that port when
/// the connection is given up; but no client knows that port yet.)
struct BoundSocket {
    let descriptor: CInt
    /// The address with its real port, when port 0 was asked for.
    let address: SocketAddress

    private let kind: Listener.Kind
    private let isConnected: Bool

    /// Where the port stands in `sockaddr_in` and in `sockaddr_in6`, in bytes (ip(7), ipv6(7)).
    private static let portOffset = 2

    /// Binds. TCP does with `SO_REUSEADDR`, so that connections of a former listener on the port do not stand in the way;
    /// with UDP, that would let two sockets have the same port.
    init(_ wanted: SocketAddress, _ kind: Listener.Kind) throws {
        self.kind = kind
        isConnected = kind == .datagram && wanted.port != 0
        let family = wanted.protocol == .inet6 ? AF_INET6 : AF_INET
        let type = kind == .stream ? SOCK_STREAM : SOCK_DGRAM
        descriptor = try Self.check("socket", socket(family, CInt(type.rawValue | SOCK_CLOEXEC.rawValue), 0))
        do {
            address = try Self.bind(descriptor, wanted, kind)
            if isConnected { try Self.connect(descriptor, address) }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Lets clients in, until NIO takes the socket over, with a backlog of its own.
    func accept() throws {
        if kind == .stream { _ = try Self.check("listen", listen(descriptor, SOMAXCONN)) }
        if isConnected {
            // To nobody (connect(2)).
            var nobody = sockaddr()
            nobody.sa_family = sa_family_t(AF_UNSPEC)
            let length = socklen_t(MemoryLayout<sockaddr>.size)
            _ = try Self.check("connect", Glibc.connect(descriptor, &nobody, length))
        }
    }

    func close() {
        Glibc.close(descriptor)
    }

    /// Binds `descriptor` and returns the address that the kernel made of it.
    private static func bind(
        _ descriptor: CInt, _ wanted: SocketAddress, _ kind: Listener.Kind
    ) throws -> SocketAddress {
        if kind == .stream {
            var on: CInt = 1
            let size = socklen_t(MemoryLayout<CInt>.size)
            _ = try check("setsockopt", setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size))
        }
        _ = try wanted.withSockAddr { try check("bind", Glibc.bind(descriptor, $0, socklen_t($1))) }
        var bound = wanted
        bound.port = try localPort(descriptor)
        return bound
    }

    private static func connect(_ descriptor: CInt, _ address: SocketAddress) throws {
        _ = try address.withSockAddr { try check("connect", Glibc.connect(descriptor, $0, socklen_t($1))) }
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
