// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// One simulated HSM: speaks the socket-status protocol on one port, counts its real TCP connections, misbehaves on
/// request and keeps the facts by which a test can prove what a client did.
///
/// Lives on one event loop together with its connections, so that it needs no lock and 5,000 of them fit in a process.
package actor HSMSimulator {
    /// A client came or went.
    package struct ConnectionChange: Sendable {
        /// The HSM's address.
        package let hsm: ListenAddress
        /// Whether it came; else it went.
        package let isConnected: Bool
        /// The client's address.
        package let client: String
        /// The connections open now.
        package let open: Int
        /// The sockets left now.
        package let available: Int
    }

    private struct Client {
        let channel: any Channel
        /// Whether it has one of the HSM's sockets; only a client beyond `full:hang` has none.
        var hasSocket: Bool
    }

    /// Where it listens, with the real port.
    package nonisolated let address: ListenAddress

    private nonisolated let eventLoop: any EventLoop
    private let report: (@Sendable (ConnectionChange) -> Void)?
    private let listener: Listener
    private var clients: [ObjectIdentifier: Client] = [:]
    private let expectations: Expectations<HSMFacts>

    /// What it does now; `change(_:)` changes it.
    package private(set) var behaviour: HSMBehaviour

    /// What it saw until now.
    package private(set) var facts = HSMFacts() {
        didSet { expectations.check(facts) }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    /// Starts an HSM on a port of `address`, the first of a range; a host name is resolved once.
    ///
    /// `report` is called on the event loop for each client that comes or goes.
    package static func start(
        on address: ListenAddress,
        behaviour: HSMBehaviour = HSMBehaviour(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        report: (@Sendable (ConnectionChange) -> Void)? = nil
    ) async throws(ListenFailure) -> HSMSimulator {
        let hsm = try HSMSimulator(address, behaviour, group.next(), report)
        try await hsm.followBehaviour()
        return hsm
    }

    private init(
        _ address: ListenAddress, _ behaviour: HSMBehaviour, _ eventLoop: any EventLoop,
        _ report: (@Sendable (ConnectionChange) -> Void)?
    ) throws(ListenFailure) {
        let listener = try Listener(address, on: eventLoop)
        self.address = listener.address
        self.listener = listener
        self.behaviour = behaviour
        self.eventLoop = eventLoop
        self.report = report
        expectations = Expectations(on: eventLoop)
    }

    /// Changes what it does; when this returns, the kernel refuses or accepts clients accordingly.
    package func change(_ edit: @Sendable (inout HSMBehaviour) -> Void) async throws(ListenFailure) {
        edit(&behaviour)
        if behaviour.fault == .refuse { closeClients() }
        try await followBehaviour()
    }

    /// Waits until the facts meet `condition` and returns them as they were then.
    package func facts(
        within limit: Duration, when condition: @escaping @Sendable (HSMFacts) -> Bool
    ) async throws(DeadlinePassed) -> HSMFacts {
        if condition(facts) { return facts }
        do {
            return try await expectations.expect(within: limit, condition).futureResult.get()
        } catch {
            throw DeadlinePassed(limit: limit, situation: "\(facts)")
        }
    }

    /// Closes the port and every connection, for good.
    package func stop() {
        listener.close()
        facts.isListening = false
        closeClients()
    }

    // MARK: What its connections tell it

    /// A client was accepted; returns what to do about it.
    func connected(_ channel: any Channel) -> HSMAnswer {
        let isFull = isFull
        clients[ObjectIdentifier(channel)] = Client(channel: channel, hasSocket: !isFull)
        facts.connected()
        tell(channel, isConnected: true)
        if mustRefuse { refuse() }
        switch behaviour.fault {
        case .refuse, .close: return .close
        case .full(let whenFull): return whenFull == .hang || !isFull ? .silence : .close
        default: return behaviour.greeting(available: behaviour.available(open: socketsTaken))
        }
    }

    func disconnected(_ channel: any Channel) {
        guard clients.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
        facts.disconnected()
        tell(channel, isConnected: false)
        guard !mustRefuse, !facts.isListening else { return }
        Task { await listenAgain() }
    }

    /// Bytes came from a client, and with them the end of `requests`; returns what to do about each.
    func received(_ bytes: ByteBufferView, _ requests: [HSMRequest], from channel: any Channel) -> [HSMAnswer] {
        facts.received(bytes, requests: requests.count)
        guard hasSocket(channel) else { return [] }
        let available = behaviour.available(open: socketsTaken)
        return requests.map { behaviour.answer(to: $0, available: available) }
    }

    // MARK: Sockets

    private var socketsTaken: Int {
        guard case .full(.hang) = behaviour.fault else { return clients.count }
        return clients.values.count(where: \.hasSocket)
    }

    private var isFull: Bool {
        guard case .full = behaviour.fault else { return false }
        return behaviour.available(open: socketsTaken) == 0
    }

    private var mustRefuse: Bool {
        behaviour.fault == .refuse || (behaviour.fault == .full(.refuse) && isFull)
    }

    /// Whether the client has a socket, or gets one now because one is free.
    private func hasSocket(_ channel: any Channel) -> Bool {
        guard let client = clients[ObjectIdentifier(channel)] else { return false }
        if client.hasSocket || isFull { return client.hasSocket }
        clients[ObjectIdentifier(channel)]?.hasSocket = true
        return true
    }

    private func closeClients() {
        for client in clients.values { client.channel.close(promise: nil) }
    }

    // MARK: The port

    private func followBehaviour() async throws(ListenFailure) {
        if !mustRefuse {
            try await listener.open { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(SimulatedConnection(self))
                }
            }
        }
        // Also after opening: a client that came meanwhile may have taken the last socket.
        if mustRefuse { try listener.refuse() }
        facts.isListening = listener.isListening
    }

    /// Refuses from now on: the client that just came took the last socket.
    private func refuse() {
        do {
            try listener.refuse()
            facts.isListening = listener.isListening
        } catch {
            facts.listenFailure = error
        }
    }

    private func listenAgain() async {
        do {
            try await followBehaviour()
        } catch {
            facts.listenFailure = error
        }
    }

    private func tell(_ channel: any Channel, isConnected: Bool) {
        guard let report else { return }
        let peer = channel.remoteAddress
        let client = ListenAddress(host: peer?.ipAddress ?? "unknown", port: peer?.port ?? 0).description
        let available = behaviour.available(open: socketsTaken)
        report(
            ConnectionChange(
                hsm: address, isConnected: isConnected, client: client, open: facts.open, available: available
            ))
    }
}
