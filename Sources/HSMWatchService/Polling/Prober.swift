// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore

/// Runs probes of one HSM: does what the conversation says, on one connection, and says when its deadline has passed.
@ServiceLoop
package final class Prober {
    /// How long `leave` waits for the reply to an open question.
    package nonisolated static let leavePatience = Duration.seconds(1)

    private var address: HostPort
    /// What the next probe begins with.
    private var change: (address: HostPort, timeout: Duration)?
    private let resolve: Resolver.Resolve
    private let place: ConnectionStore.Place?
    private let faults: LocalFaultWatch?
    /// The phases of the last probe; nil in the service, which does not trace.
    package private(set) var trace: ProbeTrace?
    private var conversation: ProbeConversation
    private var connection: HSMConnection?
    private var addresses: [SocketAddress] = []
    /// Waits until the connection that another process has used may be asked.
    private var beginning: DelayedWork?
    /// Fires at `armed`, the conversation's deadline.
    private var timer: DelayedWork?
    private var armed: Instant?
    /// Ends the time in which nothing is asked.
    private var listening: DelayedWork?
    private var waiting: CheckedContinuation<[ProbeConversation.Answer], Never>?
    /// Whether no probe is answered any more.
    private(set) var isStopped = false
    /// Gives up waiting for the reply to an open question.
    private var leaving: DelayedWork?

    /// - Parameters:
    ///   - store: has the connection that another process has used, and keeps this one's for the next.
    ///   - faults: says how many descriptors HSM connections leave to others.
    ///   - isTraced: whether the phases of each probe are kept in `trace`.
    package convenience init(
        hsm: HSMConfiguration, resolver: Resolver, store: ConnectionStore? = nil, faults: LocalFaultWatch? = nil,
        isTraced: Bool = false
    ) {
        self.init(hsm: hsm, store: store, faults: faults, isTraced: isTraced) {
            resolver.resolve(host: $0, port: $1, then: $2)
        }
    }

    package init(
        hsm: HSMConfiguration, store: ConnectionStore? = nil, faults: LocalFaultWatch? = nil, isTraced: Bool = false,
        resolve: @escaping Resolver.Resolve
    ) {
        trace = isTraced ? ProbeTrace(of: hsm.address) : nil
        address = hsm.address
        self.resolve = resolve
        self.faults = faults
        place = store?.place(of: hsm)
        let descriptor = place?.takeUp()
        conversation = ProbeConversation(hsm: hsm, takenUpAt: descriptor.map { _ in .now })
        if let descriptor {
            newConnection().takeUp(descriptor, on: ServiceLoop.shared.eventLoop)
        }
    }

    /// One probe: an answer for each query that may be asked now, at the latest when the timeout has passed. One probe
    /// at a time.
    ///
    /// The timeout counts from here and not from the tick: an HSM is not to blame for a tick that came late. Nor is it
    /// for what the kernel has had in time and a busy event loop has not looked at: what follows from that, another
    /// question or another connection, has the timeout anew. On a connection that another process has used, the first
    /// probe begins when that has settled.
    package func probe() async -> [ProbeConversation.Answer] {
        await withCheckedContinuation { continuation in
            guard !isStopped else { return continuation.resume(returning: []) }
            precondition(waiting == nil, "two probes of one HSM")
            waiting = continuation
            let unsettled = max(.zero, (conversation.settledAt ?? .now) - .now)
            guard conversation.isSettling || unsettled > .zero else { return begin() }
            beginning = ServiceLoop.after(unsettled) {
                // A reply to the process before may have come, and not have been looked at.
                ServiceLoop.afterNetwork { self.begin() }
            }
        }
    }

    /// Goes on with another timeout, and another spelling of the address, on the connection that stands. A probe that
    /// runs ends as it began.
    func change(to hsm: HSMConfiguration) {
        change = (hsm.address, hsm.timeout)
    }

    /// Ends a running probe without an answer and closes the connection. The prober is not used after that.
    package func stop() {
        leaving?.cancel()
        isStopped = true
        // To an HSM that hangs, an ordinary end looks like a half-close.
        if conversation.isAsking { connection?.reset() }
        disconnect()
        finish([])
    }

    /// Leaves the connection to the next process when no question is open on it: a reply that comes late would answer
    /// that one's. A running probe may end for that, within `leavePatience`. No other probe begins.
    package func leave() {
        guard !isStopped else { return }
        guard conversation.isAsking else { return leaveNow() }
        guard leaving == nil else { return }
        leaving = ServiceLoop.after(Self.leavePatience) {
            ServiceLoop.afterNetwork {
                if !self.isStopped { self.stop() }
            }
        }
    }

    private func leaveNow() {
        if conversation.isIdle {
            connection?.leave()
            connection = nil
        }
        stop()
    }

    private func begin() {
        guard waiting != nil else { return }
        if let change {
            (address, conversation.timeout) = change
            self.change = nil
        }
        handle(.start)
    }

    /// Sets the timer to the conversation's deadline.
    private func arm() {
        let deadline = waiting == nil ? nil : conversation.deadline
        guard deadline != armed else { return }
        timer?.cancel()
        armed = deadline
        timer = deadline.map { deadline in
            ServiceLoop.after(max(.zero, deadline - .now)) {
                ServiceLoop.afterNetwork {
                    // What has come meanwhile may have ended the probe, or given it more time.
                    guard self.armed == deadline else { return }
                    self.armed = nil
                    self.handle(.deadline)
                }
            }
        }
    }

    private func handle(_ event: ProbeConversation.Event) {
        guard !isStopped else { return }
        let (event, now) = dated(event)
        let deadline = conversation.deadline
        let action = conversation.handle(event, at: now)
        trace?.note(event, action, at: now.instant, deadline: deadline)
        carryOut(action)
        arm()
        if leaving != nil, !conversation.isAsking { leaveNow() }
    }

    private func carryOut(_ action: ProbeConversation.Action) {
        switch action {
        case .none:
            break
        case .resolve:
            lookUp()
        case .connect(let index):
            connect(to: index)
        case .listen(let time):
            listen(for: time)
        case .send(let request):
            connection?.send(request)
        case .finish(let answers):
            // Not before it has answered: one that never does would be put in and taken out with every probe.
            connection?.keep()
            finish(answers)
        case .finishAndClose(let answers):
            disconnect()
            finish(answers)
        case .finishAndReset(let answers):
            connection?.reset()
            disconnect()
            finish(answers)
        case .close:
            disconnect()
        }
    }

    /// The event with what the kernel knows of it, and the time.
    private func dated(_ event: ProbeConversation.Event) -> (ProbeConversation.Event, Moment) {
        let now = Moment.now
        guard case .received(let bytes, _) = event, conversation.isAgeWorthAsking(at: now.instant) else {
            return (event, now)
        }
        let age = connection?.dataAge ?? .zero
        // A later time than before: a pause in between must not make the bytes older.
        return (.received(bytes, age: age), .now)
    }

    private func listen(for time: Duration) {
        listening?.cancel()
        let connection = connection
        let end = {
            ServiceLoop.afterNetwork {
                if self.connection === connection { self.handle(.quiet) }
            }
        }
        guard time > .zero else { return end() }
        connection?.acknowledge()
        listening = ServiceLoop.after(time, do: end)
    }

    private func lookUp() {
        disconnect()
        resolve(address.host, address.port) { [weak self] resolution in
            switch resolution {
            case .addresses(let found):
                self?.addresses = found
                self?.trace?.addresses = found.map(HostPort.init)
                self?.handle(.resolved(addresses: found.count))
            case .failed(let detail):
                self?.handle(.unresolved(detail: detail))
            case .prevented(let detail, let cause):
                self?.handle(.unresolved(detail: detail, cause: cause))
            }
        }
    }

    private func connect(to index: Int) {
        disconnect()
        newConnection().open(
            addresses[index], on: ServiceLoop.shared.eventLoop, below: faults?.firstReserved ?? .max)
    }

    private func newConnection() -> HSMConnection {
        let connection = HSMConnection(name: address, place: place) { [weak self] event in self?.handle(event) }
        self.connection = connection
        return connection
    }

    private func disconnect() {
        listening?.cancel()
        listening = nil
        connection?.close()
        connection = nil
    }

    private func finish(_ answers: [ProbeConversation.Answer]) {
        beginning?.cancel()
        beginning = nil
        waiting?.resume(returning: answers)
        waiting = nil
        arm()
    }
}
