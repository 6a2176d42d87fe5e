// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import Testing

/// A simulated HSM, and what `hsmwatch probe` must say of it.
struct ProbedFault: Sendable, CustomTestStringConvertible {
    let behaviour: HSMBehaviour
    let exit: Int32
    /// The state, and what comes behind it in the text.
    let state: String
    let words: String
    /// The kind of failure; nil for a reading.
    let failure: String?

    init(
        _ fault: HSMFault, inUse: Int = 10, exit: Int32, _ state: String, _ words: String, failure: String? = nil
    ) {
        behaviour = {
            var behaviour = HSMBehaviour(total: 64, inUse: inUse, fault: fault)
            behaviour.slowPause = .milliseconds(1)
            return behaviour
        }()
        self.exit = exit
        self.state = state
        self.words = words
        self.failure = failure
    }

    var testDescription: String { "\(behaviour.fault)" }

    /// What the text of its last line must match.
    var line: String { "\(state): \(words)" + (failure == nil ? "; critical <50" : "") }

    /// What the nagios line must match, but for the numbers.
    var nagios: String {
        let status = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][Int(exit)]
        return "HSM \(status) - 127.0.0.1:PORT: " + (failure == nil ? "" : "no reading: ") + words
    }

    /// Every kind of fault there is, except `early`: whether a single probe notices that one is a race. A reset may overtake
    /// the end that it follows.
    static let all: [ProbedFault] = [
        ProbedFault(.none, exit: 0, "ok", reading),
        ProbedFault(.none, inUse: 15, exit: 2, "critical", "48 of 64 sockets available"),
        ProbedFault(.refuse, exit: 2, "unreachable", "connection refused", failure: "refused"),
        ProbedFault(.hang, exit: 2, "unreachable", "no reply within 1s", failure: "no_reply"),
        ProbedFault(.close, exit: 2, "unreachable", ended("before it replied"), failure: "closed"),
        ProbedFault(
            .reset, exit: 2, "unreachable", "the HSM reset the connection before it replied", failure: "closed"),
        ProbedFault(.slow, exit: 0, "ok", reading),
        ProbedFault(
            .garbage, exit: 3, "unknown", "the reply is not socket information, <2223#...#>: <html>",
            failure: "malformed"),
        ProbedFault(.truncated, exit: 2, "unreachable", ended("within the reply"), failure: "closed"),
        ProbedFault(
            .error(22), exit: 3, "unknown", "HSM error 22 (non-existent command or option): <00#220080#>",
            failure: "hsm_error"),
        ProbedFault(
            .error(29), exit: 3, "unknown", "HSM error 29 (unable to allocate memory): <00#290080#>",
            failure: "hsm_error"),
        ProbedFault(.noCRLF, exit: 0, "ok", reading),
        ProbedFault(.extraField, exit: 0, "ok", reading),
        ProbedFault(.double, exit: 0, "ok", reading),
        ProbedFault(.huge, exit: 3, "unknown", "no end of a frame within 8192 bytes", failure: "malformed"),
        ProbedFault(.full(.refuse), inUse: 64, exit: 2, "unreachable", "connection refused", failure: "refused"),
        ProbedFault(.full(.close), inUse: 64, exit: 2, "unreachable", ended("before it replied"), failure: "closed"),
        ProbedFault(.full(.hang), inUse: 64, exit: 2, "unreachable", "no reply within 1s", failure: "no_reply"),
    ]

    private static let reading = "53 of 64 sockets available"

    private static func ended(_ phase: String) -> String {
        "the HSM (closed|reset) the connection \(phase)"
    }
}

extension String {
    /// Whether the text is the pattern, with one of the two ends that a connection may have come to.
    func reads(as pattern: String) -> Bool {
        ["closed", "reset"].contains { pattern.replacing("(closed|reset)", with: $0) == self }
    }
}
