// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// Runs probes of one HSM: does what the conversation says, on one connection, within one deadline a probe.
@ServiceLoop
package final class Prober {
    private let address: HostPort
    private let timeout: Duration
    private let resolver: Resolver
    private var conversation: ProbeConversation
    private var connection: HSMConnection?
    private var addresses: [SocketAddress] = []
    private var expiry: Scheduled<Void>?
    private var waiting: CheckedContinuation<[ProbeConversation.Answer], Never>?

    package init(hsm: HSMConfiguration, resolver: Resolver) {
        address = hsm.address
        timeout = hsm.timeout
        conversation = ProbeConversation(hsm: hsm)
        self.resolver = resolver
    }

    /// One probe: an answer for each query that may be asked now, at the latest when the timeout has passed since
    /// `start`. One probe at a time.
    package func probe(start: Instant) async -> [ProbeConversation.Answer] {
        await withCheckedContinuation { continuation in
            waiting = continuation
            handle(.start)
            guard waiting != nil else { return }
            expiry = ServiceLoop.after(start + timeout - .now) { self.handle(.deadline) }
        }
    }

    /// Ends a running probe without an answer and closes the connection. The prober is not used after that.
    package func stop() {
        disconnect()
        finish([])
    }

    private func handle(_ event: ProbeConversation.Event) {
        switch conversation.handle(event, at: .now) {
        case .none:
            break
        case .resolve:
            resolve()
        case .connect(let index):
            connect(to: addresses[index])
        case .send(let request):
            connection?.send(request)
        case .finish(let answers):
            finish(answers)
        case .finishAndClose(let answers):
            disconnect()
            finish(answers)
        case .close:
            disconnect()
        }
    }

    private func resolve() {
        disconnect()
        resolver.resolve(host: address.host, port: address.port) { [weak self] resolution in
            switch resolution {
            case .addresses(let found):
                self?.addresses = found
                self?.handle(.resolved(addresses: found.count))
            case .failed(let detail):
                self?.handle(.unresolved(detail: detail))
            }
        }
    }

    private func connect(to address: SocketAddress) {
        disconnect()
        let connection = HSMConnection(name: self.address) { [weak self] event in self?.handle(event) }
        self.connection = connection
        connection.open(address, on: ServiceLoop.shared.eventLoop, within: timeout)
    }

    private func disconnect() {
        connection?.close()
        connection = nil
    }

    private func finish(_ answers: [ProbeConversation.Answer]) {
        expiry?.cancel()
        expiry = nil
        waiting?.resume(returning: answers)
        waiting = nil
    }
}
