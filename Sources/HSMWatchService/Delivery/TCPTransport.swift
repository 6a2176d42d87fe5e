// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// Delivery over TCP to one endpoint: does what `Delivery` decides, with real connections.
@ServiceLoop
final class TCPTransport: Transport {
    /// What the messages are on the connections.
    struct Wire {
        let format: MessageFormat
        let framing: Framing
        /// Nil for plain TCP.
        let credentials: TLSCredentials?
    }

    private let endpoint: HostPort
    private let wire: Wire
    private let report: (TransportReport) -> Void
    private let refusal: (SocketAddress) -> Loss?
    private let learned: (Caution) -> Void
    private var delivery: Delivery
    private var connections: [Delivery.Leg: TCPConnection] = [:]
    /// The addresses that were not tried yet, after the one that is, or was, connected to.
    private var addresses: ArraySlice<SocketAddress>
    private let timer = DeadlineTimer()

    /// Whether a connection has been open.
    private(set) var isOpen = false
    /// Why it can no longer deliver.
    private(set) var end: Loss?

    /// - Parameters:
    ///   - addresses: of the endpoint; the first that can be connected to is kept.
    ///   - refusal: why an address may not be connected to; nil when it may.
    ///   - learned: called at the end with what the peer has taught.
    ///   - report: called on the event loop, until `close`.
    init(
        _ delivery: Delivery, to endpoint: HostPort, addresses: [SocketAddress], wire: Wire,
        refusal: @escaping (SocketAddress) -> Loss? = { _ in nil },
        learned: @escaping (Caution) -> Void = { _ in }, report: @escaping (TransportReport) -> Void
    ) {
        self.delivery = delivery
        self.endpoint = endpoint
        self.wire = wire
        self.addresses = addresses[...]
        self.refusal = refusal
        self.learned = learned
        self.report = report
        connect(Delivery.firstLeg)
    }

    /// What is given to the kernel in one write.
    var sendLimit: Int { 256 << 10 }

    var allowance: Int { delivery.active?.allowance ?? 0 }

    /// Returns when the kernel has taken the messages or the delivery is over.
    func send(_ messages: ArraySlice<SpooledMessage>, waiting: Int) async {
        guard let leg = delivery.active?.leg, let last = messages.last else { return }
        let batch = ByteBuffer(messages, in: wire.format, framing: wire.framing)
        let written = connections[leg]?.write(batch)
        // Before the wait, and after the write: it may be half-closed at once.
        handle(.sent(count: messages.count, bytes: batch.readableBytes, upTo: last.position, waiting: waiting))
        // A failed write ends the connection, and that is reported.
        try? await written?.get()
    }

    func hurry() {
        handle(.hurry)
    }

    func close() {
        end = end ?? Loss(.failed, "closed")
        learned(delivery.caution)
        arm()
        connections.values.forEach { $0.close() }
        connections = [:]
    }

    private func handle(_ event: Delivery.Event) {
        guard end == nil else { return }
        let before = allowance
        delivery.handle(event, at: .now).forEach(perform)
        arm()
        if allowance != before { report(.changed) }
    }

    private func perform(_ action: Delivery.Action) {
        // A look at the kernel may have been the end of it.
        guard end == nil else { return }
        switch action {
        case .connect(let leg):
            connect(leg)
        case .halfClose(let leg):
            connections[leg]?.halfClose()
        case .close(let leg):
            connections.removeValue(forKey: leg)?.close()
        case .measure(let leg):
            if let bytes = connections[leg]?.heldBytes { handle(.held(leg, bytes: bytes)) }
        case .examine(let leg):
            guard let connection = connections[leg] else { break }
            handle(connection.isReset ? .ended(leg, .broken(Self.unread)) : .intact(leg))
        case .confirm(let position):
            report(.confirmed(position))
        case .over(let loss):
            end = loss
            report(.changed)
        }
    }

    private func connect(_ leg: Delivery.Leg) {
        guard let address = addresses.first else { return handle(.failed(Loss(.failed, "no address"))) }
        // A successor comes long after the endpoint was looked at.
        if let loss = refusal(address) { return handle(.failed(loss)) }
        let connection = TCPConnection(name: endpoint, credentials: wire.credentials) { [weak self] in
            self?.take($0, from: leg)
        }
        connections[leg] = connection
        connection.open(address)
    }

    private func take(_ message: TCPConnection.Report, from leg: Delivery.Leg) {
        switch message {
        case .opened(let session):
            isOpen = true
            handle(.opened)
            report(.opened(session))
        case .failed(let loss):
            connections[leg] = nil
            // A successor must reach the same peer; the first connection may reach any.
            guard !isOpen, addresses.count > 1 else { return handle(.failed(loss)) }
            addresses.removeFirst()
            connect(leg)
        case .ended(let ending):
            handle(.ended(leg, ending))
        }
    }

    /// Why nothing is confirmed of a connection that was reset after its clean end.
    private static let unread = Loss(.gone, "the peer reset a connection that it had not read to the end")

    private func arm() {
        timer.set(end == nil ? delivery.deadline : nil) { [weak self] in self?.handle(.deadline) }
    }
}
