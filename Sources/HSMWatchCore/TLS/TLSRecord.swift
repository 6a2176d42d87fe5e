// SPDX-License-Identifier: Apache-2.0

/// How bytes of TLS are recognised where none should come.
package enum TLSRecord {
    /// Why a connection without TLS fails, in words that follow the endpoint's name.
    package static let unexpected =
        "the peer speaks TLS on this port; set tls for this output, or use a port without TLS"

    /// The kinds of records that a server may send first: alert and handshake.
    private static let kinds: ClosedRange<UInt8> = 21...22
    /// The first byte of every version from SSL 3.0 to TLS 1.3.
    private static let majorVersion: UInt8 = 3

    /// Whether what came begins as a record of TLS does (RFC 8446 section 5.1).
    package static func begins(_ bytes: some Collection<UInt8>) -> Bool {
        let head = Array(bytes.prefix(2))
        return head.count == 2 && kinds.contains(head[0]) && head[1] == majorVersion
    }
}
