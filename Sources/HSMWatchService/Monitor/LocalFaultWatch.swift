// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Collects what HSMs, outputs and the status socket cannot do because of this machine, and tells it once for all of them.
@ServiceLoop
package final class LocalFaultWatch {
    /// The number of the first descriptor that no HSM connection may have; nil without a limit.
    package private(set) var firstReserved: CInt?
    private let limit: Int?
    private let tell: (ServiceAction) -> Void
    private var faults = LocalFaults()
    private let timer = DeadlineTimer()

    /// - Parameters:
    ///   - need: of the configuration in effect.
    ///   - limit: how many files the process may have open; nil when that is not known.
    ///   - tell: appends a message.
    package init(_ need: DescriptorNeed, limit: Int?, tell: @escaping (ServiceAction) -> Void) {
        self.limit = limit
        self.tell = tell
        change(need)
    }

    /// Goes on with another configuration.
    package func change(_ need: DescriptorNeed) {
        firstReserved = limit.map { CInt(clamping: need.firstReserved(of: $0)) }
    }

    /// The party could not try, for this cause.
    package func failed(_ party: LocalFaults.Party, _ cause: LocalCause) {
        if faults.failed(party, cause, at: .now) { tell(.localFaultStarted(cause)) }
        arm()
    }

    /// The party could try, or needs to no more.
    package func succeeded(_ party: LocalFaults.Party) {
        faults.succeeded(party, at: .now)
        arm()
    }

    /// Notes what an attempt of the party came to.
    package func note(_ party: LocalFaults.Party, _ cause: LocalCause?) {
        if let cause { failed(party, cause) } else { succeeded(party) }
    }

    private func arm() {
        timer.set(faults.deadline) { [weak self] in self?.end() }
    }

    private func end() {
        for ended in faults.deadlinePassed(at: .now) {
            tell(.localFaultEnded(ended.cause, lasted: ended.lasted))
        }
        arm()
    }
}
