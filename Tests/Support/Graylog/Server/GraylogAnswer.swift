// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What Graylog, or a proxy before it, answers to a request.
package struct GraylogAnswer: Error, Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    /// `Content-Type`; `nil` without a body.
    package let contentType: String?
    /// Headers besides those of every answer.
    package var headers: [String: String] = [:]
    package let body: [UInt8]
    /// Whether the body breaks off in the middle: Graylog begins to answer before it knows how long the answer is.
    package var breaksOff = false

    package init(_ status: Int, _ contentType: String?, _ text: String) {
        self.status = status
        self.contentType = contentType
        body = Array(text.utf8)
    }

    /// An answer without a body.
    init(_ status: Int) {
        self.init(status, nil, "")
    }

    init(_ status: Int, _ json: JSONValue) {
        self.init(status, "application/json", json.text)
    }

    /// What was asked for.
    init(_ json: JSONValue) {
        self.init(200, json)
    }

    /// A failure as `ApiError` tells it.
    static func failure(_ status: Int, _ message: String) -> GraylogAnswer {
        GraylogAnswer(status, ["type": "ApiError", "message": .string(message)])
    }

    /// The page of the web interface, which is answered to whatever path is not the REST interface's.
    static let webInterface = GraylogAnswer(
        200, "text/html",
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Graylog Web Interface</title></head></html>\n")

    /// What a proxy says whose Graylog is away.
    package static let badGateway = GraylogAnswer(
        502, "text/html",
        "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
    )
}
