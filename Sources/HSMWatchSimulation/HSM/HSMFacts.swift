// SPDX-License-Identifier: Apache-2.0

/// What a simulated HSM saw of its clients.
package struct HSMFacts: Hashable, Sendable {
    /// The connections accepted since the start.
    package internal(set) var accepted = 0
    /// The connections open now.
    package internal(set) var open = 0
    /// The most connections that were open at the same moment.
    package internal(set) var mostOpen = 0
    /// The complete frames received, whether they were answered or not.
    package internal(set) var requests = 0
    /// The bytes received, all of them counted.
    package internal(set) var byteCount = 0
    /// The first `byteLimit` bytes received, of all connections in the order of their arrival.
    package internal(set) var bytes: [UInt8] = []
    /// Whether clients can connect; else the kernel refuses them.
    package internal(set) var isListening = false
    /// Why it could not listen again after a time of refusing; `nil` as long as all is well.
    package internal(set) var listenFailure: ListenFailure?

    /// How many received bytes are kept.
    package static let byteLimit = 65_536

    /// The kept bytes as text.
    package var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    mutating func connected() {
        accepted += 1
        open += 1
        mostOpen = max(mostOpen, open)
    }

    mutating func disconnected() {
        open -= 1
    }

    mutating func received(_ received: some Collection<UInt8>, requests: Int) {
        byteCount += received.count
        bytes += received.prefix(Self.byteLimit - bytes.count)
        self.requests += requests
    }
}
