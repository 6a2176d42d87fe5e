// SPDX-License-Identifier: Apache-2.0

/// Cuts messages into the datagrams of GELF over UDP: one when it fits, else chunks.
///
/// A chunk is 12 bytes, the magic `1e 0f`, the message's id, the chunk's number and their count, and a part of the
/// message. Graylog puts together what has the same id, whoever sent it.
package struct GELFChunks: Sendable {
    /// Chunks of a message at the most; Graylog discards the whole message when a 129th comes.
    package static let limit = 128
    /// Bytes of a chunk's header.
    package static let headerLength = 12

    private static let magic: [UInt8] = [0x1E, 0x0F]

    /// Bytes of a datagram at the most.
    private let datagramSize: Int

    /// - Parameter datagramSize: within `ConfigurationLimits.datagramSize`.
    package init(datagramSize: Int) {
        self.datagramSize = datagramSize
    }

    /// Bytes of the longest message that can be sent.
    package var longestMessage: Int { Self.limit * (datagramSize - Self.headerLength) }

    /// The datagrams of one message; nil when it is longer than `longestMessage`.
    ///
    /// - Parameter id: 64 bits that no message of any sender has had in the last 5 s.
    package func datagrams(of message: [UInt8], id: UInt64) -> [[UInt8]]? {
        guard message.count > datagramSize else { return [message] }
        guard message.count <= longestMessage else { return nil }
        let partLength = datagramSize - Self.headerLength
        let count = (message.count + partLength - 1) / partLength
        let idBytes = (0..<8).map { UInt8(truncatingIfNeeded: id >> (56 - 8 * $0)) }
        return (0..<count).map { number in
            let header: [UInt8] = Self.magic + idBytes + [UInt8(number), UInt8(count)]
            return header + message[(number * partLength)..<min((number + 1) * partLength, message.count)]
        }
    }
}
