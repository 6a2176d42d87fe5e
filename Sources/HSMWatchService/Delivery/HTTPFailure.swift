// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore
import NIOHTTP1

/// Why no answer came to a request.
enum HTTPFailure {
    static func describe(_ error: any Error, limit: Duration) -> Loss {
        if let reason = TLSFailure.describe(error) { return Loss(.failed, reason) }
        if let fault = error as? RequestTurn.Fault { return Loss(.failed, fault.description) }
        if let refusal = error as? ProxyRefusal { return refusal.loss }
        if let problem = error as? InvalidText { return Loss(.failed, problem.description) }
        if let error = error as? HTTPParserError {
            return Loss(.failed, "the peer's answer cannot be read as HTTP: \(words(error))")
        }
        if case ChannelError.ioOnClosedChannel = error {
            // It was closed while the HTTP client took it over.
            return Loss(.gone, "the connection ended without an answer")
        }
        guard let error = error as? HTTPClientError else { return ConnectFailure.loss(of: error) }
        return switch error {
        case .deadlineExceeded, .readTimeout: Loss(.failed, "no answer within \(DurationText.format(limit))")
        case .connectTimeout: Loss(.failed, "no connection in time")
        case .remoteConnectionClosed: Loss(.gone, "the peer closed the connection without an answer")
        default: Loss(.failed, "HTTP: \(error.shortDescription)")
        }
    }

    private static func words(_ error: HTTPParserError) -> String {
        switch error {
        case .headerOverflow: "its header is too long"
        case .invalidContentLength: "its Content-Length is not a number"
        case .unexpectedContentLength: "it has more than one length"
        case .invalidVersion: "its version of HTTP is not known"
        case .invalidStatus: "its status is not a number"
        case .invalidChunkSize: "the size of a chunk is not a number"
        case .invalidEOFState: "it ends too early"
        default: "\(error)"
        }
    }
}
