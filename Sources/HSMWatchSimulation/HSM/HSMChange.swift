// SPDX-License-Identifier: Apache-2.0

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

    package func apply(to behaviour: inout HSMBehaviour) {
        switch setting {
        case .total(let number): behaviour.total = number
        case .inUse(let number): behaviour.inUse = number
        case .fault(let fault): behaviour.fault = fault
        }
    }
}
