// SPDX-License-Identifier: Apache-2.0

import NIOSSL

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
