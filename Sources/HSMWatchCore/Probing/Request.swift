// SPDX-License-Identifier: Apache-2.0

/// What hsmwatch may ask an HSM: the sockets of the whole HSM, or of one of its ports.
package enum Query: Hashable, Sendable {
    /// `<1223#>`
    case everything
    /// `<1223#PORT#>`
    case port(UInt16)

    /// The port asked about, if one is.
    package var port: UInt16? {
        switch self {
        case .everything: nil
        case .port(let port): port
        }
    }
}

extension HSMConfiguration {
    /// What is asked in every probe, one after the other.
    package var queries: [Query] {
        queryPorts.isEmpty ? [.everything] : queryPorts.map(Query.port)
    }
}

/// The bytes of a question, ready for the wire.
///
/// The port that answers it also takes a factory reset. So a request is built from a number and nothing else: no text,
/// from a configuration or anywhere, can reach the wire.
package struct Request: Hashable, Sendable {
    /// The frame and the line ending after it.
    package let bytes: [UInt8]

    package init(_ query: Query, lineEnding: LineEnding) {
        let frame =
            switch query {
            case .everything: "<1223#>"
            case .port(let port): "<1223#\(port)#>"
            }
        let ending =
            switch lineEnding {
            case .lf: "\n"
            case .crlf: "\r\n"
            case .none: ""
            }
        bytes = Array((frame + ending).utf8)
    }
}
