// SPDX-License-Identifier: Apache-2.0

/// What a monitoring plugin says of a service, the least bad first (monitoring-plugins.org, development guidelines).
package enum ProbeStatus: CaseIterable, Comparable, Sendable {
    case ok
    case warning
    case unknown
    case critical

    init(_ state: HSMState) {
        switch state {
        case .ok: self = .ok
        case .warning: self = .warning
        case .critical, .unreachable: self = .critical
        case .unknown: self = .unknown
        }
    }

    /// The exit code that stands for it.
    package var exitCode: Int32 {
        switch self {
        case .ok: 0
        case .warning: 1
        case .critical: 2
        case .unknown: 3
        }
    }

    /// Its name, in lower case.
    var name: String { "\(self)" }
}
