// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// One delivery to one endpoint: does what `Delivery` decides, with real connections.
@ServiceLoop
final class DeliveryChain {
    /// What the owner is told, on the event loop.
    enum Report {
        /// A connection is open.
        case opened(OutputConnection.Session?)
        /// Everything up to this position has reached the peer's kernel.
        case acknowledged(Int64)
        /// Everything up to this position has arrived.
        case confirmed(Int64)
        /// There may be something to do: it may send again, or the end has come.
        case changed
    }

    private let endpoint: HostPort
    private let credentials: TLSCredentials?
    private let report: (Report) -> Void
    private var delivery: Delivery
    private var connections: [Delivery.Leg: OutputConnection] = [:]
    /// The addresses that were not tried yet, behind the one that is, or was, connected to.
    private var addresses: ArraySlice<SocketAddress>
    /// The connection whose TLS files are being read, and who gives that up.
    private var loading: (leg: Delivery.Leg, timer: Scheduled<Void>)?
    private var timer: (at: Instant, scheduled: Scheduled<Void>)?

    /// Whether a connection has been open.
    private(set) var isOpen = false
    /// Why there is no delivery any more.
    private(set) var end: String?

    /// - Parameters:
    ///   - addresses: of the endpoint; the first that can be connected to is kept.
    ///   - credentials: nil for plain TCP.
    ///   - report: called on the event loop, until `close`.
    init(
        _ delivery: Delivery, to endpoint: HostPort, addresses: [SocketAddress], credentials: TLSCredentials?,
        report: @escaping (Report) -> Void
    ) {
        self.delivery = delivery
        self.endpoint = endpoint
        self.credentials = credentials
        self.addresses = addresses[...]
        self.report = report
        connect(Delivery.firstLeg)
    }

    /// What the peer has taught.
    var caution: Caution { delivery.caution }

    /// How many messages may be sent now.
    var allowance: Int { delivery.active?.allowance ?? 0 }

    /// Whether somebody waits to hear what has reached the peer's kernel.
    func watchArrival(_ isWatching: Bool) {
        delivery.watchesArrival = isWatching
        arm()
    }

    /// Sends messages, no more than the allowance; returns when the kernel has taken them or the delivery is over.
    func send(_ messages: ArraySlice<SpooledMessage>) async {
        guard let leg = delivery.active?.leg, let last = messages.last else { return }
        let batch = ByteBuffer(frames: messages)
        let written = connections[leg]?.write(batch)
        // Before the wait, and behind the write: it may be half-closed at once.
        handle(.sent(count: messages.count, bytes: batch.readableBytes, upTo: last.position))
        // A failed write ends the connection, and that is reported.
        try? await written?.get()
    }

    /// Confirms what is unconfirmed as soon as possible.
    func hurry() {
        handle(.hurry)
    }

    /// Closes all connections. Nothing is reported from here on.
    func close() {
        end = end ?? "closed"
        timer?.scheduled.cancel()
        timer = nil
        endLoading()
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
        // A measurement may have been the end of it.
        guard end == nil else { return }
        switch action {
        case .connect(let leg):
            connect(leg)
        case .halfClose(let leg):
            connections[leg]?.halfClose()
        case .close(let leg):
            if loading?.leg == leg { endLoading() }
            connections.removeValue(forKey: leg)?.close()
        case .measure(let leg):
            if let bytes = connections[leg]?.heldBytes { handle(.held(leg, bytes: bytes)) }
        case .acknowledged(let position):
            report(.acknowledged(position))
        case .confirm(let position):
            report(.confirmed(position))
        case .over(let reason):
            end = reason
            report(.changed)
        }
    }

    private func connect(_ leg: Delivery.Leg) {
        guard let address = addresses.first else { return handle(.failed("no address")) }
        guard let credentials else { return connect(leg, to: address, security: nil) }
        let limit = OutputConnection.connectTimeout
        let timer = ServiceLoop.after(limit) { [weak self] in
            self?.endLoading()
            self?.handle(.failed("TLS: its files could not be read within \(DurationText.format(limit))"))
        }
        loading = (leg, timer)
        let name = credentials.expectedName(at: endpoint)
        credentials.load { [weak self] loaded in
            guard let self, loading?.leg == leg, end == nil else { return }
            endLoading()
            switch loaded {
            case .success(let context):
                connect(leg, to: address, security: .init(context: context, expectedName: name))
            case .failure(let problem):
                handle(.failed("TLS: \(problem)"))
            }
        }
    }

    private func endLoading() {
        loading?.timer.cancel()
        loading = nil
    }

    private func connect(_ leg: Delivery.Leg, to address: SocketAddress, security: OutputConnection.Security?) {
        let connection = OutputConnection(name: endpoint, security: security) { [weak self] in
            self?.take($0, from: leg)
        }
        connections[leg] = connection
        connection.open(address, on: ServiceLoop.shared.eventLoop)
    }

    private func take(_ message: OutputConnection.Report, from leg: Delivery.Leg) {
        switch message {
        case .opened(let session):
            isOpen = true
            handle(.opened)
            report(.opened(session))
        case .failed(let reason):
            connections[leg] = nil
            // A successor must reach the same peer; the first connection may reach any.
            guard !isOpen, addresses.count > 1 else { return handle(.failed(reason)) }
            addresses.removeFirst()
            connect(leg)
        case .ended(let ending):
            handle(.ended(leg, ending))
        }
    }

    private func arm() {
        let deadline = end == nil ? delivery.deadline : nil
        guard deadline != timer?.at else { return }
        timer?.scheduled.cancel()
        timer = deadline.map { deadline in
            (
                deadline,
                ServiceLoop.after(max(.zero, deadline - .now)) { [weak self] in
                    self?.timer = nil
                    self?.handle(.deadline)
                }
            )
        }
    }
}
