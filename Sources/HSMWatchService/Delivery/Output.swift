// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import NIOCore
import ServiceLifecycle

/// Brings the spool's messages to Graylog: one delivery after the other, in order, from the first message that is not
/// confirmed.
///
/// `Delivery` says when a message is confirmed. What was not when a delivery ended is sent again by the next, with the
/// same `_instance` and `_sequence`.
@ServiceLoop
package final class Output: Service {
    /// How long the shutdown waits for what is still to be delivered.
    package nonisolated static let drainTimeout = Duration.seconds(5)
    /// How long a name may take to be resolved.
    package nonisolated static let resolveTimeout = Duration.seconds(10)
    /// How often the certificates of a connection that stands are looked at.
    nonisolated static let certificateInterval = Duration.seconds(6 * 3600)

    private enum Shutdown {
        case none
        /// What is left is still delivered.
        case draining
        case over
    }

    private let name: String
    private let endpoints: [HostPort]
    private let spool: Spool
    private let resolve: Resolver.Resolve
    private let faults: LocalFaultWatch?
    private let drainTimeout: Duration
    private let stopDeadline: StopDeadline
    private let route: Route
    private var reconnection: Reconnection
    private var outage: Outage
    private let outageTimer = DeadlineTimer()
    /// What the output had dropped when it last confirmed something.
    private var droppedBefore = 0
    private var certificates = CertificateWatch()
    private var session: TCPConnection.Session?
    private var status: OutputStatus
    private var certificateTimer: DelayedWork?
    private var transport: (any Transport)?
    /// The last position that was ever written.
    private var sent: Int64 = 0
    /// How many messages were written again since the outage began, and how many of them were confirmed before.
    private var resent = 0
    private var rewound = 0
    /// The position up to which messages are sent again though they are confirmed, since the peer may have died.
    private var rewindEnd: Int64?
    /// The last position that was undeliverable: it is reported once, however often it is tried.
    private var undeliverable: Int64 = 0
    private var shutdown = Shutdown.none
    private var drainTimer: DelayedWork?
    /// Raised by everything that the delivery may have to wait for.
    private let wake = WakeUp()

    convenience init(
        configuration: OutputConfiguration, spool: Spool, resolver: Resolver, hsms: HSMAddressBook,
        faults: LocalFaultWatch?, stop: StopDeadline, logger: Logger
    ) {
        self.init(
            configuration: configuration, spool: spool,
            resolve: { resolver.resolve(host: $0, port: $1, then: $2) }, hsms: hsms, faults: faults, stop: stop,
            logger: logger)
    }

    /// `drainTimeout`, `patience` and `lasting` are constants to all but a test. The wait before a new connection is
    /// `Reconnection`'s.
    ///
    /// - Parameters:
    ///   - hsms: where it may not deliver; nil where there are no HSMs.
    ///   - faults: hears what it cannot do because of this machine.
    ///   - stop: limits what a drain may take, after a signal.
    init(
        configuration: OutputConfiguration, spool: Spool, resolve: @escaping Resolver.Resolve,
        hsms: HSMAddressBook? = nil, faults: LocalFaultWatch? = nil, stop: StopDeadline = StopDeadline(),
        logger: Logger, drainTimeout: Duration = Output.drainTimeout, patience: Duration = DeliveryWindow.patience,
        lasting: Duration = Outage.lasting
    ) {
        name = configuration.name
        outage = Outage(lasting: lasting)
        endpoints = configuration.endpoints
        route = Route(configuration, patience: patience, hsms: hsms) { reason in
            logger.note(.credentialsRejected(output: configuration.name, reason: reason))
        }
        self.spool = spool
        self.resolve = resolve
        self.faults = faults
        self.drainTimeout = drainTimeout
        stopDeadline = stop
        reconnection = Reconnection(endpoints: configuration.endpoints.count)
        status = OutputStatus(endpoint: configuration.endpoints[0], at: .now)
    }

    /// Delivers until the graceful shutdown, and then what is left, for `drainTimeout` at the most.
    package func run() async {
        spool.notify(wake)
        defer { spool.stopNotifying(wake) }
        droppedBefore = spool.dropped(by: name)
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await deliver()
            } onGracefulShutdown: {
                Task { @ServiceLoop in
                    self.drain(for: self.stopDeadline.timeForOutputs(atMost: self.drainTimeout))
                }
            }
        } onCancel: {
            Task { @ServiceLoop in self.stop() }
        }
        drainTimer?.cancel()
        certificateTimer?.cancel()
        outageTimer.set(nil) {}
        faults?.succeeded(.output(name))
    }

    /// How it is at this moment.
    var snapshot: OutputSnapshot {
        OutputSnapshot(
            name: name, kind: route.kind, confirmation: route.confirmation, status: status,
            spooled: spool.waiting(for: name), dropped: spool.dropped(by: name))
    }

    /// Ends the delivery at once; what is not confirmed stays in the spool.
    package func stop() {
        drain(for: .zero)
    }

    private var endpoint: HostPort { endpoints[reconnection.endpoint] }

    /// Whether a shutdown has nothing left to wait for.
    private var isOver: Bool {
        switch shutdown {
        case .none: false
        case .draining: spool.cursor(of: name) >= spool.last || spool.waiting(for: name) == 0
        case .over: true
        }
    }

    /// Ends the delivery when nothing is left, or after a time whatever it is that it waits for. What is over stays so.
    private func drain(for limit: Duration) {
        if case .over = shutdown { return }
        shutdown = .draining
        drainTimer?.cancel()
        drainTimer = ServiceLoop.after(limit) {
            self.shutdown = .over
            self.transport?.close()
            self.wake.raise()
        }
        wake.raise()
    }

    /// Delivery after delivery.
    private func deliver() async {
        while !isOver {
            let end = await deliverOnce()
            guard !isOver else { break }
            faults?.note(.output(name), end.localCause)
            status.lost(endpoint, reason: end.reason, at: .now)
            spool.hold(name)
            if end.kind == .gone { rewindEnd = spool.cursor(of: name) }
            if outage.lost(at: .now) {
                tell(.outputDown(output: name, endpoint: "\(endpoint)", reason: end.reason))
                watchOutage()
            }
            await pause(reconnection.failed(end.kind, random: .random(in: 0...1)))
        }
    }

    /// One delivery from its beginning to its end. Answers why it ended.
    private func deliverOnce() async -> Loss {
        let addresses: [SocketAddress]
        switch await resolve(route.destination(of: endpoint)) {
        case .failed(let reason): return Loss(.failed, reason)
        case .prevented(let reason, let cause): return Loss(.failed, reason, localCause: cause)
        case .addresses(let found): addresses = found
        }
        if let loss = await route.refusal(of: endpoint, at: addresses) { return loss }
        guard !isOver else { return Loss(.failed, "stopped") }
        let transport = route.open(to: endpoint, addresses: addresses) { [weak self] in self?.take($0) }
        self.transport = transport
        await deliver(on: transport)
        let end = transport.end
        transport.close()
        await transport.finish()
        self.transport = nil
        spool.rewind(name)
        return end ?? Loss(.failed, "stopped")
    }

    private func deliver(on transport: any Transport) async {
        while !transport.isOpen, transport.end == nil, !isOver { await wake.wait() }
        guard transport.isOpen, transport.end == nil else { return }
        outage.connected(waiting: spool.waiting(for: name))
        let position = rewindEnd == nil ? spool.cursor(of: name) : spool.rewindStart(of: name)
        await send(after: position, resendingUpTo: max(sent, rewindEnd ?? 0), on: transport)
    }

    /// Sends until the delivery ends. While the kernel takes some messages, the next ones are read.
    private func send(after start: Int64, resendingUpTo sentBefore: Int64, on transport: any Transport) async {
        var position = start
        var read: [SpooledMessage] = []
        while transport.end == nil, !isOver {
            if read.isEmpty { read = await take(after: position) }
            guard let last = read.last else {
                if case .draining = shutdown { transport.hurry() }
                await wake.wait()
                continue
            }
            position = last.position
            async let next = take(after: last.position)
            await write(read[...], resendingUpTo: sentBefore, on: transport)
            read = await next
        }
    }

    /// The next messages, which count as on their way from here on.
    private func take(after position: Int64) async -> [SpooledMessage] {
        let messages = await spool.messages(for: name, after: position)
        if let last = messages.last { spool.send(name, upTo: last.position) }
        return messages
    }

    /// Writes messages until the delivery's window is full.
    private func write(
        _ messages: ArraySlice<SpooledMessage>, resendingUpTo sentBefore: Int64, on transport: any Transport
    ) async {
        var left = messages
        while !left.isEmpty, transport.end == nil, !isOver {
            guard transport.allowance > 0 else {
                await wake.wait()
                continue
            }
            let batch = left.prefix(upTo: transport.sendLimit).prefix(transport.allowance)
            left.removeFirst(batch.count)
            sent = max(sent, batch.last?.position ?? sent)
            resent += batch.prefix { $0.position <= sentBefore }.count
            rewound += batch.prefix { $0.position <= rewindEnd ?? 0 }.count
            outage.sent(at: .now)
            await transport.send(batch, waiting: Int(spool.last - (batch.last?.position ?? spool.last)))
        }
    }

    private func resolve(_ endpoint: HostPort) async -> Resolver.Resolution {
        var resolution: Resolver.Resolution?
        resolve(endpoint.host, endpoint.port) {
            resolution = $0
            self.wake.raise()
        }
        await wait(for: Self.resolveTimeout) { resolution != nil }
        return resolution ?? .failed("cannot resolve \(endpoint.host): no answer in time")
    }

    private func take(_ report: TransportReport) {
        switch report {
        case .opened(let session):
            self.session = session
            faults?.succeeded(.output(name))
            status.connected(to: endpoint, tls: session?.version, at: .now)
            lookAtCertificates()
            wake.raise()
        case .confirmed(let position):
            spool.confirm(name, upTo: position)
            status.confirmed(at: .now)
            reconnection.succeeded()
            if let recovery = outage.confirmed(isAll: position >= sent, at: .now) { tell(recovery) }
            watchOutage()
            (resent, rewound, droppedBefore) = (0, 0, spool.dropped(by: name))
            if let rewindEnd, position >= rewindEnd { self.rewindEnd = nil }
            // It may have been the last one that a shutdown waits for.
            wake.raise()
        case .undeliverable(let position, let reason):
            guard position > undeliverable else { return }
            undeliverable = position
            spool.noteUndeliverable(name, reason: reason)
        case .changed:
            wake.raise()
        }
    }

    /// Warns before a certificate ends; looks again as long as the output runs.
    private func lookAtCertificates() {
        guard let session else { return }
        let terms: [(CertificateWatch.Side, CertificateTerm?)] = [
            (.peer, session.peerTerm), (.own, route.ownTerm),
        ]
        for case (let side, let term?) in terms {
            guard let days = certificates.note(term, of: side, at: .now) else { continue }
            tell(.certificateExpiring(output: name, endpoint: "\(endpoint)", side, term, days: days))
        }
        certificateTimer?.cancel()
        certificateTimer = ServiceLoop.after(Self.certificateInterval) { [weak self] in self?.lookAtCertificates() }
    }

    /// Reports an outage once more when it lasts.
    private func watchOutage() {
        outageTimer.set(outage.deadline) { [weak self] in
            guard let self, case .none = self.shutdown, let lasted = self.outage.deadlinePassed(at: .now) else {
                return
            }
            self.tell(
                .outputDown(
                    output: self.name, endpoint: "\(self.endpoint)",
                    reason: self.status.lastError ?? "nothing was confirmed", lasted: lasted))
        }
    }

    private func tell(_ recovery: Outage.Recovery) {
        tell(
            .outputUp(
                output: name, endpoint: "\(endpoint)", outage: recovery.lasted, waiting: recovery.waiting,
                resent: resent, rewound: rewound, dropped: spool.dropped(by: name) - droppedBefore,
                wasLasting: recovery.wasLasting))
    }

    private func tell(_ action: ServiceAction) {
        spool.report(action)
    }

    /// Waits before the next connection; the beginning of a shutdown ends it.
    private func pause(_ delay: Duration) async {
        guard case .none = shutdown else {
            return await wait(for: delay) { false }
        }
        await wait(for: delay) {
            if case .none = self.shutdown { false } else { true }
        }
    }

    /// Waits for something that raises `wake`, for so long at the most, and no longer than the shutdown does.
    private func wait(for limit: Duration, until isMet: () -> Bool) async {
        let end = Instant.now + limit
        let timer = ServiceLoop.after(limit) { self.wake.raise() }
        defer { timer.cancel() }
        while !isMet(), Instant.now < end, !isOver {
            await wake.wait()
        }
    }
}
