// SPDX-License-Identifier: Apache-2.0

/// Reads a proxy's answer to CONNECT, up to the end of its header (RFC 9110 section 9.3.6).
package struct ProxyAnswer: Sendable {
    package enum Verdict: Equatable, Sendable {
        /// The tunnel is open. The rest of the bytes comes from its other end.
        case open(rest: [UInt8])
        case refused(ProxyRefusal)
    }

    /// Bytes of the header at most.
    package static let headerLimit = 16 << 10
    /// What every answer begins with.
    private static let protocolName = Array("HTTP/".utf8)
    /// Characters that are shown of what the proxy says.
    private static let excerptLimit = 60

    private var received: [UInt8] = []

    package init() {}

    /// Takes the next bytes. Answers once the header is whole, or cannot become one.
    package mutating func handle(_ bytes: some Sequence<UInt8>) -> Verdict? {
        received += bytes
        let head = received.prefix(Self.protocolName.count)
        guard head.elementsEqual(Self.protocolName.prefix(head.count)) else { return .refused(foreign) }
        guard let end = headerEnd, end <= Self.headerLimit else {
            return received.count > Self.headerLimit ? .refused(.tooLong) : nil
        }
        guard let (status, reason) = statusLine else { return .refused(foreign) }
        switch status {
        case 100...199:
            // An informational answer: the next one counts.
            let rest = Array(received[end...])
            received = []
            return rest.isEmpty ? nil : handle(rest)
        case 200...299:
            return .open(rest: Array(received[end...]))
        default:
            return .refused(.status(status, reason))
        }
    }

    /// Behind the empty line that ends the header.
    private var headerEnd: Int? {
        var lineLength = 0
        for (index, byte) in received.enumerated() {
            switch byte {
            case UInt8(ascii: "\n") where lineLength == 0: return index + 1
            case UInt8(ascii: "\n"): lineLength = 0
            case UInt8(ascii: "\r"): break
            default: lineLength += 1
            }
        }
        return nil
    }

    /// The status and the words behind it; nil when the first line is no status line.
    private var statusLine: (status: UInt, reason: String)? {
        let line = received.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[1].count == 3, let status = UInt(String(decoding: parts[1], as: UTF8.self))
        else { return nil }
        return (status, parts.count > 2 ? EscapedBytes.text(parts[2], limit: Self.excerptLimit) : "")
    }

    private var foreign: ProxyRefusal {
        if TLSRecord.begins(received) { return .tls }
        let line = received.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        return .foreign(EscapedBytes.text(line.isEmpty ? received[...] : line, limit: Self.excerptLimit))
    }
}

/// Why a proxy opens no tunnel.
package enum ProxyRefusal: Error, Equatable, Sendable {
    /// With the words behind the status.
    case status(UInt, String)
    /// What came instead of HTTP, in printable ASCII.
    case foreign(String)
    case tls
    case tooLong
    /// It closed or reset the connection.
    case closed
    /// It did not answer for so long.
    case silent(Duration)

    package var loss: Loss {
        if case .status(400...499, _) = self { return Loss(.declined, description) }
        return Loss(.failed, description)
    }
}

extension ProxyRefusal: CustomStringConvertible {
    /// In words that follow the endpoint's name.
    package var description: String {
        switch self {
        case .status(407, _):
            "the proxy answers CONNECT with HTTP 407: the proxy wants an authorization, which is not supported"
        case .status(let status, let reason):
            "the proxy answers CONNECT with HTTP \(status)" + (reason.isEmpty ? "" : ": \(reason)")
        case .foreign(let excerpt):
            "the proxy does not speak HTTP: it says \"\(excerpt)\""
        case .tls:
            "the proxy speaks TLS on this port, and only plain HTTP to a proxy is supported"
        case .tooLong:
            "the proxy answers CONNECT with a header of more than \(SizeText.format(ProxyAnswer.headerLimit))"
        case .closed:
            "the proxy ended the connection without an answer to CONNECT"
        case .silent(let limit):
            "the proxy did not answer CONNECT within \(DurationText.format(limit))"
        }
    }
}
