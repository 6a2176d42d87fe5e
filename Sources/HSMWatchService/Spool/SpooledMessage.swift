// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A message with its place in the spool.
package struct SpooledMessage: Equatable, Sendable {
    /// The place in the order of sending; grows by one a message, and survives a change of `_instance`.
    package let position: Int64
    package let kind: Event.Kind
    /// When it was appended, in milliseconds by the spool's clock.
    package let time: Int64
    /// The complete JSON object, without a terminator.
    package let body: [UInt8]

    package init(position: Int64, kind: Event.Kind, time: Int64, body: [UInt8]) {
        self.position = position
        self.kind = kind
        self.time = time
        self.body = body
    }
}

/// Whose numbers the messages carry.
package struct SpoolIdentity: Equatable, Sendable {
    /// `_instance`: 128 random bits in hexadecimal.
    package let instance: String
    /// The last `_sequence` given under this instance.
    package private(set) var sequence: Int64

    package init(instance: String, sequence: Int64) {
        self.instance = instance
        self.sequence = sequence
    }

    /// An identity that no spool has had before.
    package static func new() -> SpoolIdentity {
        var generator = SystemRandomNumberGenerator()
        let halves = (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return SpoolIdentity(instance: halves.joined(), sequence: 0)
    }

    /// Gives a message the next number.
    mutating func number(_ message: Message) -> [UInt8] {
        sequence += 1
        return message.numbered(instance: instance, sequence: Int(sequence))
    }
}
