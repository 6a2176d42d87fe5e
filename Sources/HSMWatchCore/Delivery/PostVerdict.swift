// SPDX-License-Identifier: Apache-2.0

/// What the answer to a POST of messages means.
package enum PostVerdict: Equatable, Sendable {
    /// Graylog has them.
    case delivered
    /// The request is too long, and so it stays.
    case tooLong(String)
    /// Nothing is delivered with this request.
    case lost(Loss)

    /// - Parameter status: of HTTP. Graylog's input has an order: authorization, method, path, length (facts of its
    ///   `HttpHandler`), and 202 as its only word for success.
    package init(status: UInt) {
        switch status {
        case 202:
            self = .delivered
        case 200...299:
            self = .lost(
                Loss(.declined, "HTTP \(status), but a GELF HTTP input answers 202: something else listens there"))
        case 300...399:
            self = .lost(Loss(.declined, "HTTP \(status), a redirection, and none is followed: name where it leads to"))
        case 401, 403:
            self = .lost(Loss(.declined, "HTTP \(status): the authorization is missing or wrong (authorization)"))
        case 404:
            self = .lost(
                Loss(.declined, "HTTP 404: nothing takes GELF at this path; Graylog takes exactly /gelf (path)"))
        case 405:
            self = .lost(Loss(.declined, "HTTP 405: no POST is taken, so this is not a GELF HTTP input"))
        case 407:
            self = .lost(Loss(.declined, "HTTP 407: the proxy wants an authorization"))
        case 413:
            self = .tooLong("HTTP 413: longer than the input takes (max_chunk_size)")
        case 500...599:
            self = .lost(Loss(.failed, "HTTP \(status): Graylog, or a proxy before it, cannot take messages now"))
        default:
            self = .lost(Loss(.failed, "HTTP \(status)"))
        }
    }
}
