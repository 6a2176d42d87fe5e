// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import NIOCore
import ServiceLifecycle

/// Brings the spool's messages to Graylog: one connection at a time, in order, from the first that is not confirmed.
///
/// A message is confirmed when the peer's kernel has acknowledged it. What was on its way when a connection ended is
/// sent again on the next, with the same `_instance` and `_sequence`.
@ServiceLoop
package final class Output: Service {
    /// How long the shutdown waits for what is still to be delivered.
    package nonisolated static let drainTimeout = Duration.seconds(5)
    /// How long a name may take to be resolved.
    package nonisolated static let resolveTimeout = Duration.seconds(10)
    /// Bytes that are given to the kernel at once, unless one message is longer.
    package nonisolated static let writeLimit = 256 << 10

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
    private let logger: Logger
    private let drainTimeout: Duration
    private let patience: Duration
    private let probation: Duration
    private var reconnection: Reconnection
    private var outage: Outage
    /// Made, or being made.
    private var connection: OutputConnection?
    /// The last position that was ever written, and how many messages up to it this connection writes again.
    private var sent: Int64 = 0
    private var resent = 0
    private var shutdown = Shutdown.none
    private var drainTimer: Scheduled<Void>?
    /// Raised by everything that the delivery may have to wait for.
    private let wake = WakeUp()

    package convenience init(configuration: OutputConfiguration, spool: Spool, resolver: Resolver, logger: Logger) {
        self.init(
            configuration: configuration, spool: spool,
            resolve: { resolver.resolve(host: $0, port: $1, then: $2) }, logger: logger)
    }

    /// The waits are constants to all but a test.
    package init(
        configuration: OutputConfiguration, spool: Spool, resolve: @escaping Resolver.Resolve, logger: Logger,
        drainTimeout: Duration = Output.drainTimeout, patience: Duration = DeliveryWindow.patience,
        probation: Duration = Outage.probation
    ) {
        name = configuration.name
        endpoints = configuration.endpoints
        self.spool = spool
        self.resolve = resolve
        self.logger = logger
        self.drainTimeout = drainTimeout
        self.patience = patience
        self.probation = probation
        reconnection = Reconnection(endpoints: configuration.endpoints.count)
        outage = Outage(probation: probation)
        spool.notify(wake)
    }

    /// Delivers until the graceful shutdown, and then what is left, for `drainTimeout` at the most.
    package func run() async {
        let drainTimeout = drainTimeout
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await deliver()
            } onGracefulShutdown: {
                Task { @ServiceLoop in self.drain(for: drainTimeout) }
            }
        } onCancel: {
            Task { @ServiceLoop in self.drain(for: .zero) }
        }
        drainTimer?.cancel()
    }

    private var endpoint: HostPort { endpoints[reconnection.endpoint] }

    /// Whether a shutdown has nothing left to wait for.
    private var isOver: Bool {
        switch shutdown {
        case .none: false
        case .draining: spool.cursor(of: name) >= spool.last
        case .over: true
        }
    }

    /// Ends the delivery when nothing is left, or after a time whatever it is that it waits for.
    private func drain(for limit: Duration) {
        shutdown = .draining
        drainTimer?.cancel()
        drainTimer = ServiceLoop.after(limit) {
            self.shutdown = .over
            self.connection?.close()
            self.wake.raise()
        }
        wake.raise()
    }

    /// Connection after connection.
    private func deliver() async {
        while !isOver {
            let reason = await deliverOnce()
            guard !isOver else { break }
            if outage.lost(at: .now) {
                tell(.outputDown(output: name, endpoint: "\(endpoint)", reason: reason))
            }
            await pause(reconnection.failed(random: .random(in: 0...1)))
        }
    }

    /// One connection from its beginning to its end. Answers why it ended.
    private func deliverOnce() async -> String {
        defer {
            connection?.close()
            connection = nil
            spool.rewind(name)
        }
        if let reason = await connect() {
            return reason
        }
        guard let connection else { return "stopped" }
        var position = spool.cursor(of: name)
        let sentBefore = sent
        resent = 0
        outage.connected(waiting: spool.waiting(for: name), needed: max(sentBefore, position + 1), at: .now)
        let timer = ServiceLoop.after(probation) { self.recovered(self.outage.recovery(at: .now)) }
        defer { timer.cancel() }
        while connection.end == nil, !isOver {
            let messages = await spool.messages(after: position)
            guard !messages.isEmpty else {
                await wake.wait()
                continue
            }
            spool.send(name, upTo: messages.last?.position ?? position)
            for batch in messages.batches(of: Self.writeLimit) where connection.end == nil {
                guard let last = batch.last else { continue }
                position = last.position
                sent = max(sent, position)
                resent += batch.prefix { $0.position <= sentBefore }.count
                await connection.write(ByteBuffer(frames: batch), upTo: position)
            }
        }
        return connection.end ?? "stopped"
    }

    /// Tries the endpoint's addresses one after the other. Answers why none could be reached.
    private func connect() async -> String? {
        var reason = "no address"
        switch await resolve(endpoint) {
        case .failed(let detail):
            return detail
        case .addresses(let addresses):
            for address in addresses where !isOver {
                let connection = OutputConnection(patience: patience) { [weak self] in self?.take($0) }
                self.connection = connection
                do {
                    try await connection.open(address, on: ServiceLoop.shared.eventLoop)
                    return nil
                } catch {
                    reason = ConnectFailure.describe(error, address: address, name: endpoint).detail
                }
            }
        }
        return reason
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

    private func take(_ report: OutputConnection.Report) {
        if case .acknowledged(let position) = report {
            spool.confirm(name, upTo: position)
            recovered(outage.arrived(position, at: .now))
        }
        wake.raise()
    }

    private func recovered(_ recovery: Outage.Recovery?) {
        guard let recovery else { return }
        reconnection.succeeded()
        tell(
            .outputUp(
                output: name, endpoint: "\(endpoint)", outage: recovery.lasted, waiting: recovery.waiting,
                resent: resent))
    }

    private func tell(_ action: ServiceAction) {
        let event = Event(timestamp: .now, content: .service(action))
        logger.note(.event(event))
        spool.append(event)
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
