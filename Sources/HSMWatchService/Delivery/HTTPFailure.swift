// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore

/// Why no answer came to a request.
enum HTTPFailure {
    static func describe(_ error: any Error, limit: Duration) -> Loss {
        if let reason = TLSFailure.describe(error) { return Loss(.failed, reason) }
        if let fault = error as? RequestTurn.Fault { return Loss(.failed, fault.description) }
        guard let error = error as? HTTPClientError else { return ConnectFailure.loss(of: error) }
        return switch error {
        case .deadlineExceeded, .readTimeout: Loss(.failed, "no answer within \(DurationText.format(limit))")
        case .connectTimeout: Loss(.failed, "no connection in time")
        case .remoteConnectionClosed: Loss(.gone, "the peer closed the connection without an answer")
        default: Loss(.failed, "HTTP: \(error.shortDescription)")
        }
    }
}
