// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One of a receiver's inputs: what comes there, and where.
package struct ReceiverInput: Sendable {
    /// The format and the transport.
    package let type: OutputKind
    /// Where it listens: the first port of a range; a host name is resolved once.
    package let address: ListenAddress
    /// How it speaks TLS; `nil` for plain text, as always with UDP.
    package let tls: ReceiverTLS?
    /// What a GELF HTTP input wants of a request.
    package let http: HTTPRules
    /// How long the chunks of a GELF UDP message may take: Graylog's 5 s, but for a test that waits for it.
    var chunkLifetime = GELFChunkAssembly.lifetime

    package init(
        _ type: OutputKind, on address: ListenAddress, tls: ReceiverTLS? = nil, http: HTTPRules = HTTPRules()
    ) {
        self.type = type
        self.address = address
        self.tls = tls
        self.http = http
    }
}
