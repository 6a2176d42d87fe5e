// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchSimulation

/// An HSM that misbehaves in one way, and what a monitor must make of it.
struct FaultyHSM: Sendable, CustomTestStringConvertible {
    enum Expected: Hashable, Sendable {
        case readings
        /// The failure's kind, and the HSM's error code if there is one.
        case failures(String, code: Int? = nil)
    }

    let name: String
    let behaviour: HSMBehaviour
    /// What its entry in the configuration says beside name and address.
    let options: String
    /// The frames that the monitor may send it, each with its line ending.
    let frames: [String]
    let expected: Expected
    /// The state in which the monitor must hold it in the end.
    let state: String
    /// What happens to `inUse` while it is watched: it takes these values one after the other.
    let laterInUse: [Int]

    init(
        _ name: String, _ fault: HSMFault = .none, inUse: Int = 4, slowPause: Duration = .milliseconds(1),
        options: String = "", frames: [String] = ["<1223#>\n"], _ expected: Expected, state: String,
        laterInUse: [Int] = []
    ) {
        self.name = name
        behaviour = {
            var behaviour = HSMBehaviour(total: 64, inUse: inUse, fault: fault)
            behaviour.slowPause = slowPause
            return behaviour
        }()
        self.options = options
        self.frames = frames
        self.expected = expected
        self.state = state
        self.laterInUse = laterInUse
    }

    var testDescription: String { name }

    /// Every kind of fault there is, some of them seen in two ways, and an HSM that has none.
    static let all =
        [
            FaultyHSM(
                "healthy", options: "query_ports: [9010, 1500]", frames: ["<1223#9010#>\n", "<1223#1500#>\n"],
                .readings, state: "critical", laterInUse: [9, 0, 33, 20]),
            FaultyHSM("refuse", .refuse, .failures("refused"), state: "unreachable"),
            FaultyHSM("hang", .hang, .failures("no_reply"), state: "unreachable"),
            FaultyHSM("close", .close, .failures("closed"), state: "unreachable"),
            FaultyHSM("reset", .reset, .failures("closed"), state: "unreachable"),
            FaultyHSM("slow", .slow, .readings, state: "ok", laterInUse: [2]),
            FaultyHSM("too-slow", .slow, slowPause: .milliseconds(20), .failures("no_reply"), state: "unreachable"),
            FaultyHSM("garbage", .garbage, .failures("malformed"), state: "unknown"),
            FaultyHSM("truncated", .truncated, .failures("closed"), state: "unreachable"),
            FaultyHSM("error-22", .error(22), .failures("hsm_error", code: 22), state: "unknown"),
            FaultyHSM("error-29", .error(29), .failures("hsm_error", code: 29), state: "unknown"),
            FaultyHSM(
                "no-crlf", .noCRLF, options: "line_ending: crlf", frames: ["<1223#>\r\n"], .readings, state: "ok",
                laterInUse: [8]),
            FaultyHSM(
                "extra-field", .extraField, options: "line_ending: none", frames: ["<1223#>"], .readings, state: "ok",
                laterInUse: [7]),
            FaultyHSM("huge", .huge, .failures("malformed"), state: "unknown"),
        ] + whenFull

    /// A monitor that came in time keeps its socket and sees the zero; one that comes each time sees what others see.
    private static let whenFull = zip(HSMFault.WhenFull.allCases, ["refused", "closed", "no_reply"]).flatMap {
        full, kind in
        [
            FaultyHSM(
                "full-\(full)", .full(full), inUse: 60, .readings, state: "critical", laterInUse: [64]),
            FaultyHSM(
                "full-\(full)-for-newcomers", .full(full), inUse: 64, options: "connection: per-probe",
                .failures(kind), state: "unreachable"),
        ]
    }
}
