// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What one probe saw, short enough for a table: a number is the available sockets of a reading.
enum Glimpse: Hashable, Sendable, ExpressibleByIntegerLiteral {
    case available(Int)
    /// A failure that speaks for `unreachable`.
    case fail
    /// A failure that speaks for `unknown`.
    case garbage
    /// A failure of this machine.
    case local
    /// An error that says that the command is not enabled.
    case rejection

    init(integerLiteral available: Int) { self = .available(available) }
}

extension Assessor {
    /// Takes in what a probe saw at `seconds` on the monotonic clock, of an HSM with `total` sockets.
    mutating func assess(_ glimpse: Glimpse, of total: Int = 256, at seconds: Int = 0) -> Assessment {
        let outcome: Outcome
        switch glimpse {
        case .available(let available):
            outcome = .reading(Reading(available, of: total), reply: "<2223#\(available)#\(total)#>")
        case .fail: outcome = .failure(Failure(.refused, "connection refused"))
        case .rejection: outcome = .failure(Failure(.hsmError, "HSM error 22", errorCode: 22))
        case .local: outcome = .failure(Failure(.descriptors, "no descriptor"))
        case .garbage: outcome = .failure(Failure(.malformed, "no frame"))
        }
        return assess(
            Observation(
                outcome: outcome,
                instant: .seconds(seconds),
                timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(seconds) * 1000),
                latency: .milliseconds(1)
            )
        )
    }
}

extension Moment {
    static func seconds(_ seconds: Int) -> Moment {
        Moment(instant: .seconds(seconds), timestamp: Timestamp(milliseconds: Int64(seconds) * 1000))
    }
}

extension Instant {
    static func seconds(_ seconds: Int) -> Instant { Instant(nanoseconds: Int64(seconds) * 1_000_000_000) }
}

extension Reading {
    /// A reading that a test knows to be one.
    init(_ available: Int, of total: Int) {
        guard let reading = Reading(available: available, total: total) else {
            preconditionFailure("\(available) of \(total) is no reading")
        }
        self = reading
    }
}
