// SPDX-License-Identifier: Apache-2.0

import UnixSignals

/// The signals of the whole run: an order to stop is obeyed while the spool is opened, and every order is kept for the
/// `SignalService`, which begins after that.
@ServiceLoop
final class Orders {
    /// The most orders that wait for the `SignalService`. When more come, the oldest are dropped.
    private nonisolated static let limit = 16

    /// For the `SignalService`.
    let stream: AsyncStream<UnixSignal>
    private(set) var isStopOrdered = false
    /// Called when a stop is ordered.
    var onStop: () -> Void = {}
    private var pump: Task<Void, Never>?

    init(_ signals: Monitor.Signals) {
        let (stream, orders) = AsyncStream.makeStream(
            of: UnixSignal.self, bufferingPolicy: .bufferingNewest(Self.limit))
        self.stream = stream
        pump = Task { await take(signals, for: orders) }
    }

    func end() {
        pump?.cancel()
    }

    private func take(
        _ signals: some AsyncSequence<UnixSignal, Never> & Sendable, for orders: AsyncStream<UnixSignal>.Continuation
    ) async {
        for await signal in signals {
            orders.yield(signal)
            guard signal != .sighup else { continue }
            isStopOrdered = true
            onStop()
        }
        orders.finish()
    }
}
