// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix

/// A TCP socket that listens, or a UDP socket, that can refuse clients for a while and be open again, always on the
/// same port.
///
/// Belongs to one actor whose executor is `eventLoop`; its connections live on that event loop too.
package final class Listener {
    /// Whether clients connect or send datagrams.
    package enum Kind {
        case stream
        case datagram
    }

    private enum State {
        case refusing(BoundSocket)
        case opening
        case listening(any Channel)
        case closed
    }

    /// Where it listens, with the real port when port 0 was asked for.
    package let address: ListenAddress

    private let kind: Kind
    private let socketAddress: SocketAddress
    private let eventLoop: any EventLoop
    private var state: State

    /// Takes the first port of `wanted`, but refuses clients until it is opened. Resolves a host name.
    package init(_ wanted: ListenAddress, _ kind: Kind = .stream, on eventLoop: any EventLoop) throws(ListenFailure) {
        do {
            let port = wanted.ports.lowerBound
            let socket = try BoundSocket(SocketAddress.makeAddressResolvingHost(wanted.host, port: port), kind)
            socketAddress = socket.address
            address = ListenAddress(host: wanted.host, port: socket.address.port ?? port)
            state = .refusing(socket)
        } catch {
            throw ListenFailure(wanted, error)
        }
        self.kind = kind
        self.eventLoop = eventLoop
    }

    var isListening: Bool {
        if case .listening = state { true } else { false }
    }

    /// Listens and prepares each accepted connection with `welcome`, or itself when there are no connections; nothing
    /// happens when it listens already.
    package func open(_ welcome: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) async throws(ListenFailure)
    {
        guard case .refusing(let socket) = state else { return }
        do {
            try socket.accept()
            state = .opening
            let channel = try await bootstrap(socket, welcome).get()
            guard case .opening = state else { return channel.close(promise: nil) }
            state = .listening(channel)
        } catch {
            throw ListenFailure(address, error)
        }
    }

    private func bootstrap(
        _ socket: BoundSocket, _ welcome: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        switch kind {
        case .stream:
            // One accept at a time: after each, the owner can decide that this client was the last one.
            ServerBootstrap(group: eventLoop)
                .serverChannelOption(.maxMessagesPerRead, value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AcceptPause())
                    }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer(welcome)
                .withBoundSocket(socket.descriptor)
        case .datagram:
            // One datagram at a time, too: after each, the owner can decide to read no more.
            DatagramBootstrap(group: eventLoop)
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(DatagramPort.bufferSize))
                .channelOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DatagramPort.maximumLength)
                )
                .channelInitializer(welcome)
                .withBoundSocket(socket.descriptor)
        }
    }

    /// Reads datagrams from now on, or leaves them to the kernel. Connections are accepted in any case.
    func setReading(_ isReading: Bool) {
        guard kind == .datagram, case .listening(let channel) = state else { return }
        _ = channel.setOption(.autoRead, value: isReading)
    }

    /// Lets the kernel refuse whoever comes next; connections that were accepted stay.
    func refuse() throws(ListenFailure) {
        guard case .listening(let channel) = state else { return }
        state = .closed
        channel.close(promise: nil)
        do {
            state = .refusing(try BoundSocket(socketAddress, kind))
        } catch {
            throw ListenFailure(address, error)
        }
    }

    /// Gives the port back, for good.
    package func close() {
        switch state {
        case .refusing(let socket): socket.close()
        case .listening(let channel): channel.close(promise: nil)
        case .opening, .closed: break
        }
        state = .closed
    }
}

/// A socket that holds an address without serving it: the kernel refuses every client.
///
/// A port that refuses for a while stays ours this way; with no socket at all the kernel could give it to the next
/// process that asks for a free one. A TCP socket refuses as long as it does not listen, a UDP socket as long as it is
/// connected to somebody else: to itself. (On a port that the kernel picked it is not, since it would lose that port
/// when the connection is given up; but no client knows that port yet.)
struct BoundSocket {
    let descriptor: CInt
    /// The address with its real port, when port 0 was asked for.
    let address: SocketAddress

    private let kind: Listener.Kind
    private let isConnected: Bool

    /// Where the port stands in `sockaddr_in` and in `sockaddr_in6`, in bytes (ip(7), ipv6(7)).
    private static let portOffset = 2

    /// Binds. TCP does with `SO_REUSEADDR`, so that connections of a former listener on the port do not stand in the
    /// way; with UDP, that would let two sockets have the same port.
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

    /// Lets clients in, until NIO takes the socket over, with its own backlog.
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

/// Where to listen: one host and one port, or a range of ports: `127.0.0.1:9010`, `[::1]:0`, `127.0.0.1:20000-24999`.
///
/// Port 0 stands for a free port that the kernel picks.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An address or a host name, without the brackets of IPv6.
    package let host: String
    /// The ports to listen on, each 0…65535; 0 only on its own.
    package let ports: ClosedRange<Int>

    /// The greatest TCP port.
    package static let maximumPort = 65535

    /// What `init(_:)` accepts, in words for a user.
    package static let allowed = "HOST:PORT, [IPV6]:PORT or HOST:FIRST-LAST, with ports from 0 (a free one) to 65535"

    package init(host: String, port: Int) {
        self.host = host
        ports = port...port
    }

    /// Reads the text form; `nil` when it is not one.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, let ports = Self.ports(text[text.index(after: colon)...]) else { return nil }
        self.host = String(host)
        self.ports = ports
    }

    package var description: String {
        let port = ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func ports(_ text: Substring) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(port)
        switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
        case (1, let port?, _): return port...port
        case (2, let first?, let last?) where 0 < first && first <= last: return first...last
        default: return nil
        }
    }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text) else { return nil }
        return port <= maximumPort ? port : nil
    }
}

/// An address on which nobody can listen: in use, not of this machine, or a name without an address.
package struct ListenFailure: Error, Hashable, CustomStringConvertible {
    package let address: ListenAddress
    package let reason: String

    init(_ address: ListenAddress, _ error: any Error) {
        self.address = address
        switch error {
        case let error as IOError: reason = String(cString: strerror(error.errnoCode))
        case is SocketAddressError, is SocketAddressError.UnknownHost: reason = "no such host"
        default: reason = "\(error)"
        }
    }

    package var description: String {
        "cannot listen on \(address): \(reason)"
    }
}

/// Stops a listening channel for a while when this machine cannot accept a client, for want of descriptors or memory.
///
/// The client stays in the kernel's queue, so the socket stays readable: without a pause the loop would try again at
/// once, forever, at the cost of a whole processor.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long nobody is accepted.
    static let length = TimeAmount.seconds(1)

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let channel = NIOLoopBound(context.channel, eventLoop: context.eventLoop)
        try? channel.value.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.length) {
            try? channel.value.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}

extension Channel {
    /// Closes with a TCP reset instead of a FIN: `SO_LINGER` with 0 seconds (socket(7)).
    package func resetAndClose() {
        if let socket = self as? any SocketOptionProvider {
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        close(promise: nil)
    }
}
