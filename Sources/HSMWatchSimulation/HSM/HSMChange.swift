// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A line by which a user changes simulated HSMs while they run: `in-use 60`, `127.0.0.1:9010 fault hang`.
package struct HSMChange: Hashable, Sendable {
    private enum Setting: Hashable {
        case total(Int)
        case inUse(Int)
        case fault(HSMFault)
    }

    /// The HSMs that it concerns; `nil` for all.
    package let address: ListenAddress?
    private let setting: Setting

    /// What `init(_:)` accepts, in words for a user.
    package static let allowed = """
        in-use N, total N (each 0 to \(HSMBehaviour.maximumSockets)) or fault KIND, optionally after a HOST:PORT; \
        KIND is one of \(HSMFault.allowed)
        """

    /// `; did you mean '…'?` for a line that is no change; empty when it is near none.
    package static func hint(_ line: String) -> String {
        let words = line.split(whereSeparator: \.isWhitespace).suffix(2).map(String.init)
        guard words.count == 2 else { return "" }
        if words[0] == "fault" { return HSMFault.hint(words[1]) }
        let settings = ["total", "in-use", "fault"]
        return settings.contains(words[0]) ? "" : NearestName.hint(words[0], among: settings)
    }

    /// Reads a line; `nil` when it is not one.
    package init?(_ line: String) {
        var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let value = words.popLast(), let name = words.popLast(), words.count <= 1 else { return nil }
        switch name {
        case "total":
            guard let number = HSMBehaviour.sockets(value) else { return nil }
            setting = .total(number)
        case "in-use":
            guard let number = HSMBehaviour.sockets(value) else { return nil }
            setting = .inUse(number)
        case "fault":
            guard let fault = HSMFault(value) else { return nil }
            setting = .fault(fault)
        default:
            return nil
        }
        if let text = words.first {
            guard let address = ListenAddress(text) else { return nil }
            self.address = address
        } else {
            address = nil
        }
    }

    /// Whether it concerns the HSM that listens at `other`.
    package func concerns(_ other: ListenAddress) -> Bool {
        guard let address else { return true }
        return address.host == other.host && address.ports.contains(other.ports.lowerBound)
    }

    /// Why an HSM that does `behaviour` cannot do what the line says, and what it can; `nil` when it can do it.
    package func problem(for behaviour: HSMBehaviour) -> String? {
        var changed = behaviour
        apply(to: &changed)
        guard changed.inUse > changed.total else { return nil }
        return switch setting {
        case .inUse: "it has \(counted(changed.total, "socket")); allowed: in-use 0 to \(changed.total)"
        case .total, .fault:
            "\(changed.inUse) are in use; allowed: total \(changed.inUse) to \(HSMBehaviour.maximumSockets)"
        }
    }

    package func apply(to behaviour: inout HSMBehaviour) {
        switch setting {
        case .total(let number): behaviour.total = number
        case .inUse(let number): behaviour.inUse = number
        case .fault(let fault): behaviour.fault = fault
        }
    }
}
