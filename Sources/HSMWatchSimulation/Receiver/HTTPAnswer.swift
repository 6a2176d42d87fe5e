// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// An answer to a request; never with a body.
struct HTTPAnswer: Equatable, Sendable {
    let status: HTTPResponseStatus
    /// The request's version, which is the answer's too.
    var version = HTTPVersion.http1_1
    /// Whether the connection stays open for the next request.
    let keepsAlive: Bool

    /// The answer as it is sent. `100 Continue` is not the end of an answer: another one follows.
    var head: HTTPResponseHead {
        var headers = HTTPHeaders()
        if status != .continue {
            headers.add(name: "content-length", value: "0")
            headers.add(name: "connection", value: keepsAlive ? "keep-alive" : "close")
        }
        return HTTPResponseHead(version: version, status: status, headers: headers)
    }
}
