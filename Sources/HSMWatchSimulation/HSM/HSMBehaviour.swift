// SPDX-License-Identifier: Apache-2.0

/// What a simulated HSM has and does; can be changed while it runs.
package struct HSMBehaviour: Hashable, Sendable {
    /// The sockets it has, `0…maximumSockets`.
    package var total = 64
    /// The sockets that other clients, which do not exist here, are said to use.
    package var inUse = 0
    /// How it misbehaves.
    package var fault = HSMFault.none
    /// The pause before each byte of a slow reply.
    package var slowPause = Duration.milliseconds(20)

    /// The greatest `total` and `inUse`: more than any HSM has, and few enough digits for every reader.
    package static let maximumSockets = 1_000_000

    package init(total: Int = 64, inUse: Int = 0, fault: HSMFault = .none) {
        self.total = total
        self.inUse = inUse
        self.fault = fault
    }

    /// Reads a number of sockets, 0…`maximumSockets`; `nil` when it is not one.
    package static func sockets(_ text: String) -> Int? {
        guard let number = Int(text), (0...maximumSockets).contains(number) else { return nil }
        return number
    }

    /// The sockets left while `open` clients are connected; never below 0.
    package func available(open: Int) -> Int {
        max(0, total - inUse - open)
    }
}
