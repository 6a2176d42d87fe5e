// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What an alert says to do first; the raw value is the section of the runbook that has the rest.
package enum RunbookStep: String, CaseIterable, Sendable {
    case holders = "an-hsm-runs-out-of-sockets"
    case unreachable = "an-hsm-does-not-answer"
    case unknown = "an-hsm-answers-without-a-number"
    case silence = "nothing-is-heard"
    case dropped = "messages-were-dropped"
    case attention = "hsmwatch-wants-attention"

    /// The step itself, without a full stop.
    var words: String {
        switch self {
        case .holders: "find the hosts that hold the sockets, and restart those applications' connections, not the HSM"
        case .unreachable: "ask payment operations whether PIN checks work, then look at the way to the HSM"
        case .unknown:
            "run hsmwatch probe: with error 22 or 23 the HSM does not allow the command; with local, mend the machine"
        case .silence: "look at hsmwatch itself: systemctl status hsmwatch, where it runs"
        case .dropped: "see which output is down, and for how long: hsmwatch status"
        case .attention: "read what it says: journalctl -x -u hsmwatch, where it runs"
        }
    }
}
