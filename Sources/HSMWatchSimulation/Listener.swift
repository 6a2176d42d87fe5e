// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// A TCP socket that listens, or a UDP socket, that can refuse clients for a while and be open again, always on the same
/// port.
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
