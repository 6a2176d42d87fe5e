// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// A listening TCP socket that can refuse clients for a while and listen again, always on the same port.
///
/// Belongs to one actor whose executor is `eventLoop`; its connections live on that event loop too.
final class Listener {
    private enum State {
        case refusing(BoundSocket)
        case opening
        case listening(any Channel)
        case closed
    }

    /// Where it listens, with the real port when port 0 was asked for.
    let address: ListenAddress

    private let socketAddress: SocketAddress
    private let eventLoop: any EventLoop
    private var state: State

    /// Takes the first port of `wanted`, but refuses clients until it is opened. Resolves a host name.
    init(_ wanted: ListenAddress, on eventLoop: any EventLoop) throws(ListenFailure) {
        do {
            let port = wanted.ports.lowerBound
            let socket = try BoundSocket(SocketAddress.makeAddressResolvingHost(wanted.host, port: port))
            socketAddress = socket.address
            address = ListenAddress(host: wanted.host, port: socket.address.port ?? port)
            state = .refusing(socket)
        } catch {
            throw ListenFailure(wanted, error)
        }
        self.eventLoop = eventLoop
    }

    var isListening: Bool {
        if case .listening = state { true } else { false }
    }

    /// Listens and prepares each accepted connection with `welcome`; nothing happens when it listens already.
    func open(_ welcome: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>) async throws(ListenFailure) {
        guard case .refusing(let socket) = state else { return }
        // One accept at a time: after each, the owner can decide that this client was the last one.
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer(welcome)
        do {
            try socket.listen()
            state = .opening
            let channel = try await bootstrap.withBoundSocket(socket.descriptor).get()
            guard case .opening = state else { return channel.close(promise: nil) }
            state = .listening(channel)
        } catch {
            throw ListenFailure(address, error)
        }
    }

    /// Lets the kernel refuse whoever comes next; connections that were accepted stay.
    func refuse() throws(ListenFailure) {
        guard case .listening(let channel) = state else { return }
        state = .closed
        channel.close(promise: nil)
        do {
            state = .refusing(try BoundSocket(socketAddress))
        } catch {
            throw ListenFailure(address, error)
        }
    }

    /// Gives the port back, for good.
    func close() {
        switch state {
        case .refusing(let socket): socket.close()
        case .listening(let channel): channel.close(promise: nil)
        case .opening, .closed: break
        }
        state = .closed
    }
}
