// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore

/// Why no answer came to a request, in words that follow the endpoint's name.
enum HTTPFailure {
    static func describe(_ error: any Error, limit: Duration) -> String {
        if let reason = TLSFailure.describe(error) { return reason }
        if let fault = error as? RequestTurn.Fault { return fault.description }
        guard let error = error as? HTTPClientError else { return "the peer \(ConnectFailure.ending(error))" }
        return switch error {
        case .deadlineExceeded, .readTimeout: "no answer within \(DurationText.format(limit))"
        case .connectTimeout: "no connection in time"
        case .remoteConnectionClosed: "the peer closed the connection without an answer"
        default: "HTTP: \(error.shortDescription)"
        }
    }
}
