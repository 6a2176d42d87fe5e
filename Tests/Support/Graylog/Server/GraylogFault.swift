// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What goes wrong between a client and Graylog.
package struct GraylogFault: Hashable, Sendable {
    /// How it goes wrong.
    package enum Kind: Hashable, Sendable {
        /// A proxy answers in Graylog's place, which sees no request.
        case instead(GraylogAnswer)
        /// Nobody answers, and Graylog sees no request.
        case silence
        /// Graylog does what is asked, and its answer comes later.
        case delay(Duration)
        /// The connection is closed before Graylog sees the request.
        case close
        /// The connection is reset before Graylog sees the request.
        case reset
        /// Graylog does what is asked, but the connection is closed before its answer.
        case loseAnswer
        /// Graylog does what is asked, but the connection is closed in the middle of its answer.
        case cutAnswer
    }

    package let kind: Kind
    /// Which requests it meets, as in `POST /api/system`: all whose method and path begin so.
    package let prefix: String
    /// How many such requests it lets pass before it meets one.
    package var passing: Int
    /// How many requests it still meets.
    package var remaining: Int

    package init(_ kind: Kind, to prefix: String = "", after passing: Int = 0, times: Int = .max) {
        self.kind = kind
        self.prefix = prefix
        self.passing = passing
        remaining = times
    }

    /// Whether it meets this request; counts the request.
    mutating func meets(_ request: GraylogRequest) -> Bool {
        guard remaining > 0, "\(request)".hasPrefix(prefix) else { return false }
        guard passing == 0 else {
            passing -= 1
            return false
        }
        remaining -= 1
        return true
    }
}
