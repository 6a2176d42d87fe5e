// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// How an input of Graylog is, by the word that Graylog has for its state.
package enum InputCondition: Equatable, Sendable {
    case running
    /// The node that answers does not have it.
    case absent
    /// It will be another one soon. With Graylog's word.
    case coming(String)
    /// It needs a person. With Graylog's word and reason.
    case wrong(String, String?)

    /// - Parameter detail: why it is so, as Graylog says it.
    package init(state: String, detail: String?) {
        switch state.uppercased() {
        case "RUNNING": self = .running
        case "FAILED", "FAILING", "INVALID_CONFIGURATION", "STOPPED", "TERMINATED": self = .wrong(state, detail)
        default: self = .coming(state)
        }
    }

    /// Whether it may be another one in a moment. A node has an input only a moment after it was made.
    package var isPassing: Bool {
        switch self {
        case .absent, .coming: true
        case .running, .wrong: false
        }
    }

    /// What is said of an input that is so, and what to do.
    package func sentence(on title: String) -> String {
        let cure = "look at it in System / Inputs"
        return switch self {
        case .running: "the input \(title.quoted) runs"
        case .absent: "this node of Graylog does not have the input \(title.quoted): \(cure)"
        case .coming(let state): "the input \(title.quoted) does not run yet (\(state.quoted)): \(cure)"
        case .wrong(let state, let detail):
            "the input \(title.quoted) does not run (\(state.quoted)\(detail.map { ": \($0.quoted)" } ?? "")): \(cure)"
        }
    }
}
