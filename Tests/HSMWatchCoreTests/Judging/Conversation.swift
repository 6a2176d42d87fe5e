// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

/// What is observed one after the other, and the state held to be true after each.
struct Conversation: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let alert: AlertConfiguration
    let observe: [Glimpse]
    let expect: [HSMState]

    init(_ description: String, _ alert: AlertConfiguration, observe: [Glimpse], expect: [HSMState]) {
        testDescription = description
        self.alert = alert
        self.observe = observe
        self.expect = expect
    }
}

extension AlertConfiguration {
    /// Below 100 warning, below 50 critical, and every row and margin so short that nothing is damped, if not said.
    static func prompt(
        raise: Int = 1, failures: Int = 1, clear: Int = 1, margin: Int = 0
    ) -> AlertConfiguration {
        AlertConfiguration(
            warning: .absolute(100), critical: .absolute(50), raiseAfter: raise, raiseAfterFailures: failures,
            clearAfter: clear, clearMargin: margin)
    }
}

extension Conversation {
    static let first: [Conversation] = [
        Conversation("ok at once", .prompt(raise: 9, failures: 9, clear: 9, margin: 9), observe: [100], expect: [.ok]),
        Conversation("warning at once", .prompt(raise: 9), observe: [99], expect: [.warning]),
        Conversation("critical at once", .prompt(raise: 9), observe: [49], expect: [.critical]),
        Conversation("unreachable at once", .prompt(failures: 9), observe: [.fail], expect: [.unreachable]),
        Conversation("unknown stays unknown", .prompt(failures: 9), observe: [.garbage], expect: [.unknown]),
        Conversation(
            "the second is damped", .prompt(raise: 2, failures: 2, clear: 2),
            observe: [200, 49, .fail, 200, .fail], expect: [.ok, .ok, .ok, .ok, .ok]),
    ]

    static let raises: [Conversation] = [
        Conversation(
            "a rejected command counts at once, since it is not asked again", .prompt(failures: 5),
            observe: [200, .rejection], expect: [.ok, .unknown]),
        Conversation(
            "thresholds are the first good values", .prompt(),
            observe: [100, 99, 50, 49], expect: [.ok, .warning, .warning, .critical]),
        Conversation(
            "as many in a row as raise_after", .prompt(raise: 3),
            observe: [200, 40, 40, 40], expect: [.ok, .ok, .ok, .critical]),
        Conversation(
            "a worse reading counts for the lesser state, too", .prompt(raise: 3),
            observe: [200, 90, 40, 40, 40], expect: [.ok, .ok, .ok, .warning, .critical]),
        Conversation(
            "a better reading breaks the row", .prompt(raise: 2),
            observe: [200, 40, 200, 40, 40], expect: [.ok, .ok, .ok, .ok, .critical]),
        Conversation(
            "a lesser one breaks the row of the worse state only", .prompt(raise: 3),
            observe: [200, 40, 40, 90, 40, 40, 40], expect: [.ok, .ok, .ok, .warning, .warning, .warning, .critical]),
        Conversation(
            "a failure does not break the row", .prompt(raise: 2, failures: 2),
            observe: [200, 40, .fail, 40], expect: [.ok, .ok, .ok, .critical]),
        Conversation(
            "a failure state does", .prompt(raise: 2, failures: 1, clear: 9),
            observe: [200, 40, .fail, 40, 40], expect: [.ok, .ok, .unreachable, .unreachable, .critical]),
    ]

    static let failures: [Conversation] = [
        Conversation(
            "as many in a row as raise_after_failures", .prompt(failures: 3),
            observe: [200, .fail, .fail, .fail], expect: [.ok, .ok, .ok, .unreachable]),
        Conversation(
            "a reading breaks the row", .prompt(failures: 2),
            observe: [200, .fail, 200, .fail, .fail], expect: [.ok, .ok, .ok, .ok, .unreachable]),
        Conversation(
            "the last failure says which", .prompt(failures: 2),
            observe: [200, .fail, .garbage], expect: [.ok, .ok, .unknown]),
        Conversation(
            "from one failure state to the other in a row of its own", .prompt(failures: 2),
            observe: [.fail, .garbage, .fail, .garbage, .garbage],
            expect: [.unreachable, .unreachable, .unreachable, .unreachable, .unknown]),
        Conversation(
            "and back", .prompt(failures: 2),
            observe: [.garbage, .fail, .fail], expect: [.unknown, .unknown, .unreachable]),
        Conversation(
            "critical becomes unreachable", .prompt(failures: 2),
            observe: [40, .fail, .fail], expect: [.critical, .critical, .unreachable]),
        Conversation(
            "unreachable becomes critical by raise_after", .prompt(raise: 3, clear: 2),
            observe: [.fail, 40, 40, 40], expect: [.unreachable, .unreachable, .unreachable, .critical]),
    ]

    static let clears: [Conversation] = [
        Conversation(
            "as many in a row as clear_after", .prompt(clear: 3),
            observe: [40, 200, 200, 200], expect: [.critical, .critical, .critical, .ok]),
        Conversation(
            "the worst of the row counts", .prompt(clear: 3),
            observe: [40, 200, 60, 200], expect: [.critical, .critical, .critical, .warning]),
        Conversation(
            "and a row of better ones goes on", .prompt(clear: 2),
            observe: [40, 60, 200, 200], expect: [.critical, .critical, .warning, .ok]),
        Conversation(
            "a reading that is not better breaks the row", .prompt(clear: 2),
            observe: [40, 200, 49, 200, 200], expect: [.critical, .critical, .critical, .critical, .ok]),
        Conversation(
            "a failure breaks the row", .prompt(failures: 2, clear: 2),
            observe: [40, 200, .fail, 200, .fail, 200, 200],
            expect: [.critical, .critical, .critical, .critical, .critical, .critical, .ok]),
        Conversation(
            "warning clears to ok only above its margin", .prompt(margin: 5),
            observe: [99, 100, 104, 105], expect: [.warning, .warning, .warning, .ok]),
        Conversation(
            "critical clears to warning only above its margin", .prompt(margin: 5),
            observe: [49, 50, 54, 55], expect: [.critical, .critical, .critical, .warning]),
        Conversation(
            "critical clears to ok only above the margin of warning", .prompt(margin: 5),
            observe: [49, 104, 49, 105], expect: [.critical, .warning, .critical, .ok]),
        Conversation(
            "within the margin the row is broken", .prompt(clear: 2, margin: 5),
            observe: [99, 105, 104, 105, 105], expect: [.warning, .warning, .warning, .warning, .ok]),
        Conversation(
            "no margin and the worst of the row when the HSM answers again", .prompt(clear: 2, margin: 5),
            observe: [.fail, 100, 99], expect: [.unreachable, .unreachable, .warning]),
        Conversation(
            "a failure breaks the row of an HSM that answers again", .prompt(failures: 2, clear: 2),
            observe: [.fail, 200, .fail, 200, 200],
            expect: [.unreachable, .unreachable, .unreachable, .unreachable, .ok]),
        Conversation(
            "a critical reading among them neither counts nor breaks the row", .prompt(raise: 2, clear: 2),
            observe: [.fail, 200, 40, 200], expect: [.unreachable, .unreachable, .unreachable, .ok]),
    ]
}

extension Conversation {
    /// What a failure of this machine means, by what stood before.
    static let local: [Conversation] = [
        Conversation(
            "before anything was observed: it is no first observation", .prompt(clear: 3),
            observe: [.local, .local, 200], expect: [.unknown, .unknown, .ok]),
        Conversation(
            "a healthy HSM is ok again with the next reading", .prompt(clear: 3),
            observe: [200, .local, 200], expect: [.ok, .unknown, .ok]),
        Conversation(
            "a critical HSM is critical again with the next reading", .prompt(raise: 3, clear: 2),
            observe: [10, .local, 10, 200, 200], expect: [.critical, .unknown, .critical, .critical, .ok]),
        Conversation(
            "it breaks no row of better readings", .prompt(clear: 2),
            observe: [10, 200, .local, 200], expect: [.critical, .critical, .unknown, .ok]),
        Conversation(
            "it neither counts as a failure nor breaks a row of them", .prompt(failures: 2),
            observe: [200, .fail, .local, .fail], expect: [.ok, .ok, .unknown, .unreachable]),
        Conversation(
            "a failure that is not confirmed does not make it ok again", .prompt(failures: 3),
            observe: [200, .local, .fail, .fail, .fail], expect: [.ok, .unknown, .unknown, .unknown, .unreachable]),
        Conversation(
            "an unreachable HSM that fails again is unreachable again", .prompt(failures: 3),
            observe: [.fail, .local, .fail], expect: [.unreachable, .unknown, .unreachable]),
        Conversation(
            "an unreachable HSM that answers is not called unreachable meanwhile", .prompt(clear: 2),
            observe: [.fail, .local, 200, 200], expect: [.unreachable, .unknown, .unknown, .ok]),
    ]
}
