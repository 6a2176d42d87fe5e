// SPDX-License-Identifier: Apache-2.0

/// What an alert is about; the raw value is the section of the runbook that says what to do.
package enum RunbookStep: String, CaseIterable, Sendable {
    case holders = "an-hsm-runs-out-of-sockets"
    case unreachable = "an-hsm-does-not-answer"
    case unknown = "an-hsm-answers-without-a-number"
    case silence = "nothing-is-heard"
    case dropped = "messages-were-dropped"
    case attention = "hsmwatch-wants-attention"
}
