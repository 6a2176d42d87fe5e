// SPDX-License-Identifier: Apache-2.0

/// The faults of this machine that prevent connections, and when each begins and ends.
///
///     absent ──failed──▶ present ──last party succeeded──▶ calm ──`calm` passed──▶ absent
///                           ▲                               │
///                           └───────────failed──────────────┘
///
/// A fault is reported once for all HSMs and outputs that it concerns. It ends when each of them could try again, and
/// `calm` has passed without a new failure. So each cause brings at most one beginning and one end in `calm`.
package struct LocalFaults: Sendable {
    /// What needs a connection or a descriptor.
    package enum Party: Hashable, Sendable {
        case hsm(String)
        case output(String)
        case statusSocket
    }

    /// A fault that is over.
    package struct Ended: Equatable, Sendable {
        package let cause: LocalCause
        /// From its first failure to its last.
        package let lasted: Duration

        package init(cause: LocalCause, lasted: Duration) {
            self.cause = cause
            self.lasted = lasted
        }
    }

    private struct Fault {
        let began: Instant
        var lastFailure: Instant
        /// Those that have failed and not succeeded since.
        var parties: Set<Party>
        /// Since when no party is left; nil while one is.
        var calmSince: Instant?
    }

    /// How long a fault must be absent to count as over.
    package static let calm = Duration.seconds(10)

    private var faults: [LocalCause: Fault] = [:]

    package init() {}

    /// When to call `deadlinePassed`; nil while no fault is about to end.
    package var deadline: Instant? {
        faults.values.compactMap { $0.calmSince.map { $0 + Self.calm } }.min()
    }

    /// The party could not try, for this cause. Answers whether the fault begins.
    package mutating func failed(_ party: Party, _ cause: LocalCause, at now: Instant) -> Bool {
        leave(party, except: cause, at: now)
        guard var fault = faults[cause] else {
            faults[cause] = Fault(began: now, lastFailure: now, parties: [party], calmSince: nil)
            return true
        }
        fault.parties.insert(party)
        fault.lastFailure = now
        fault.calmSince = nil
        faults[cause] = fault
        return false
    }

    /// The party could try, whatever came of it, or no longer needs to.
    package mutating func succeeded(_ party: Party, at now: Instant) {
        guard !faults.isEmpty else { return }
        leave(party, except: nil, at: now)
    }

    /// Answers the faults that are over, in the order of `LocalCause`.
    package mutating func deadlinePassed(at now: Instant) -> [Ended] {
        LocalCause.allCases.compactMap { cause in
            guard let fault = faults[cause], let calmSince = fault.calmSince, calmSince + Self.calm <= now else {
                return nil
            }
            faults[cause] = nil
            return Ended(cause: cause, lasted: fault.lastFailure - fault.began)
        }
    }

    private mutating func leave(_ party: Party, except kept: LocalCause?, at now: Instant) {
        for (cause, fault) in faults where cause != kept && fault.parties.contains(party) {
            faults[cause]?.parties.remove(party)
            if fault.parties.count == 1 { faults[cause]?.calmSince = now }
        }
    }
}
