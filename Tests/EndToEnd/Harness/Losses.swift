// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchSimulation

extension Watched<Arrivals> {
    /// Waits until a heartbeat comes that was made from now on and says that the spool is empty, but for what is on its
    /// way, and nothing before it is missing. Answers how long that took.
    ///
    /// - Parameter unconfirmed: what may be on its way: two seconds' messages, since after a loss each waits for the
    ///   confirmation of those before, and then for its own; more has waited for a Graylog.
    @discardableResult
    func areInGoodOrder(unconfirmed: Int = 2000) async throws -> Duration {
        let (begin, timestamp) = (ContinuousClock.now, Timestamp.now.graylogText)
        _ = try await value { arrivals in
            guard let pulse = arrivals.pulse else { return false }
            return pulse.timestamp >= timestamp && pulse.spooled <= unconfirmed
                && arrivals.isComplete
        }
        return begin.duration(to: .now)
    }
}

extension Child {
    /// Ends the service, and expects that everything has arrived that it ever numbered.
    @discardableResult
    func hasDeliveredAll(to arrivals: Watched<Arrivals>) async throws -> Arrivals {
        let stops = await arrivals.value.told("stopping")
        #expect(try await ended(by: SIGTERM).ending == .exited(0))
        let all = try await arrivals.value { $0.told("stopping") > stops && $0.isComplete }
        #expect(all.instances.count == 1)
        #expect(all.altered == 0)
        #expect(all.strange == [])
        return all
    }
}

extension Receiver {
    /// Takes everything out of it, for as long as it lives.
    nonisolated func arrivals() -> Watched<Arrivals> {
        let arrivals = Watched(Arrivals())
        feed(arrivals)
        return arrivals
    }

    /// Lets what comes to it count as one with what comes to others.
    nonisolated func feed(_ arrivals: Watched<Arrivals>) {
        Task {
            while let message = await next() {
                await arrivals.change { $0.add(message) }
            }
        }
    }
}
