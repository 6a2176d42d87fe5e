// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Makes the datagrams of messages: GELF in chunks where it must be, syslog always in one.
struct DatagramPacking: Sendable {
    /// Bytes that one datagram holds over IPv4.
    static let longestDatagram = 65_507

    let format: MessageFormat
    let chunks: GELFChunks

    /// The datagrams of one message; the failure says what is allowed.
    ///
    /// - Parameter id: of its chunks.
    func datagrams(of message: SpooledMessage, id: UInt64) -> Result<[[UInt8]], InvalidText> {
        let bytes = format.bytes(of: message)
        switch format {
        case .gelf:
            if let datagrams = chunks.datagrams(of: bytes, id: id) { return .success(datagrams) }
            return .failure(
                InvalidText(
                    "longer than the \(chunks.longestMessage) bytes of \(GELFChunks.limit) chunks (datagram_size)"))
        case .syslog:
            if bytes.count <= Self.longestDatagram { return .success([bytes]) }
            return .failure(InvalidText("longer than the \(Self.longestDatagram) bytes of a datagram"))
        }
    }
}
