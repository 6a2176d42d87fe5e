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
    /// Bytes that are given to the kernel at once, unless one message is longer.
    package nonisolated static let writeLimit = 256 << 10

    private let name: String
    private let endpoints: [HostPort]
    private let spool: Spool
    private let resolver: Resolver
    private let logger: Logger
    private var reconnection: Reconnection
    private let wake = Signal()
    private var drainUntil: Instant?
    /// When the outage began; nil while messages flow.
    private var downSince: Instant?
    /// The last position that was ever written.
    private var sent: Int64 = 0

    package init(configuration: OutputConfiguration, spool: Spool, resolver: Resolver, logger: Logger) {
        name = configuration.name
        endpoints = configuration.endpoints
        self.spool = spool
        self.resolver = resolver
        self.logger = logger
        reconnection = Reconnection(endpoints: configuration.endpoints.count)
        spool.notify(wake)
    }

    /// Delivers until the graceful shutdown, and then what is left, for `drainTimeout` at the most.
    package func run() async {
        await withGracefulShutdownHandler {
            while !isOver {
                let endpoint = endpoints[reconnection.endpoint]
                let reason = await deliver(to: endpoint)
                guard !isOver else { break }
                down(endpoint, reason)
                await pause(reconnection.failed(random: .random(in: 0...1)))
            }
        } onGracefulShutdown: {
            Task { @ServiceLoop in self.drain() }
        }
    }

    /// Whether a shutdown has nothing left to wait for.
    private var isOver: Bool {
        drainUntil.map { $0 <= .now || spool.cursor(of: name) >= spool.last } ?? false
    }

    private func drain() {
        drainUntil = .now + Self.drainTimeout
        ServiceLoop.after(Self.drainTimeout) { self.wake.raise() }
        wake.raise()
    }

    /// One connection from its beginning to its end. Answers why it ended.
    private func deliver(to endpoint: HostPort) async -> String {
        let connection = OutputConnection { [weak self] report in self?.take(report) }
        if let reason = await open(connection, to: endpoint) {
            return reason
        }
        defer { connection.close() }
        up(endpoint)
        var position = spool.cursor(of: name)
        while connection.end == nil, !isOver {
            let messages = await spool.messages(after: position)
            guard !messages.isEmpty else {
                await wake.wait()
                continue
            }
            for batch in messages.batches(of: Self.writeLimit) where connection.end == nil {
                guard let last = batch.last else { continue }
                position = last.position
                sent = max(sent, position)
                await connection.write(ByteBuffer(frames: batch), upTo: position)
            }
        }
        return connection.end ?? "stopped"
    }

    /// Tries the endpoint's addresses one after the other. Answers why none could be reached.
    private func open(_ connection: OutputConnection, to endpoint: HostPort) async -> String? {
        let resolution = await withCheckedContinuation { continuation in
            resolver.resolve(host: endpoint.host, port: endpoint.port) { continuation.resume(returning: $0) }
        }
        var reason = "no address"
        switch resolution {
        case .failed(let detail):
            return detail
        case .addresses(let addresses):
            for address in addresses {
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

    private func take(_ report: OutputConnection.Report) {
        switch report {
        case .acknowledged(let position):
            spool.confirm(name, upTo: position)
            reconnection.succeeded()
        case .ended:
            break
        }
        wake.raise()
    }

    private func up(_ endpoint: HostPort) {
        guard let began = downSince else { return }
        downSince = nil
        let resent = max(0, sent - spool.cursor(of: name))
        tell(
            .outputUp(
                output: name, endpoint: "\(endpoint)", outage: .now - began, waiting: spool.waiting,
                resent: Int(resent)))
    }

    private func down(_ endpoint: HostPort, _ reason: String) {
        guard downSince == nil else { return }
        downSince = .now
        tell(.outputDown(output: name, endpoint: "\(endpoint)", reason: reason))
    }

    private func tell(_ action: ServiceAction) {
        let event = Event(timestamp: .now, content: .service(action))
        logger.note(.event(event))
        spool.append(event)
    }

    /// Waits before the next connection; the beginning of a shutdown ends it.
    private func pause(_ delay: Duration) async {
        let end = Instant.now + delay
        let timer = ServiceLoop.after(delay) { self.wake.raise() }
        defer { timer.cancel() }
        let wasDraining = drainUntil != nil
        while Instant.now < end, wasDraining == (drainUntil != nil), !isOver {
            await wake.wait()
        }
    }
}

extension ByteBuffer {
    /// GELF over TCP: each message and its NUL, all in one write. A frame is never empty.
    fileprivate init(frames messages: ArraySlice<SpooledMessage>) {
        self.init()
        reserveCapacity(messages.reduce(0) { $0 + $1.body.count + 1 })
        for message in messages {
            writeBytes(message.body)
            writeInteger(UInt8(0))
        }
    }
}

extension [SpooledMessage] {
    /// Cuts the messages into slices of at most `limit` bytes, one message at least.
    fileprivate func batches(of limit: Int) -> [ArraySlice<SpooledMessage>] {
        var batches: [ArraySlice<SpooledMessage>] = []
        var start = startIndex
        var bytes = 0
        for index in indices {
            let size = self[index].body.count + 1
            if bytes + size > limit, index > start {
                batches.append(self[start..<index])
                (start, bytes) = (index, 0)
            }
            bytes += size
        }
        batches.append(self[start...])
        return batches
    }
}
