// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOSSL

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

/// How a receiver speaks TLS: as a Graylog input with `tls_cert_file`, `tls_key_file` and `tls_client_auth`.
package struct ReceiverTLS: Sendable {
    package let context: NIOSSLContext

    /// - Parameters:
    ///   - certificate: a PEM file: the receiver's certificate, and those between it and an authority.
    ///   - key: a PEM file: its private key.
    ///   - clientAuthorities: a PEM file: whose clients are served; nil asks them for no certificate.
    /// - Throws: NIOSSL's word for what is wrong with a file.
    package init(certificate: String, key: String, clientAuthorities: String? = nil) throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        if let clientAuthorities {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthorities))
            configuration.certificateVerification = .noHostnameVerification
        }
        context = try NIOSSLContext(configuration: configuration)
    }
}

/// What a receiver saw until now.
package struct ReceiverFacts: Hashable, Sendable {
    /// The connections accepted since the start.
    package internal(set) var accepted = 0
    /// The connections open now.
    package internal(set) var open = 0
    /// The messages stored.
    package internal(set) var stored = 0
    /// The frames dropped, and what was dropped before it was one.
    package internal(set) var dropped = 0
    /// The bytes received, also those that wait because reading is paused.
    package internal(set) var byteCount = 0
    /// The messages, stored or dropped, that nobody has taken yet.
    package internal(set) var waiting = 0
}
