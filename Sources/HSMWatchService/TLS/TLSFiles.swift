// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOSSL

/// The files of a TLS configuration: what they held when they were read, and whether they have changed since.
///
/// Every method may block.
package struct TLSFiles: Sendable {
    /// What a connection needs. Who opens one asks `PeerVerification` after its handshake.
    struct Material: Sendable {
        /// What the files were when they were read.
        let version: Version
        let configuration: NIOSSL.TLSConfiguration
        let context: NIOSSLContext
        /// Of our own certificate, where one is presented.
        let ownTerm: CertificateTerm?
        /// What is known of the authorities in `ca`; nil when the system's are trusted.
        let authorities: [CertificateFacts]?
    }

    /// What tells a version of the files from another.
    struct Version: Equatable, Sendable {
        private struct Stamp: Equatable {
            let device: UInt64
            let inode: UInt64
            let size: Int64
            let seconds: Int
            let nanoseconds: Int
        }

        private let stamps: [Stamp?]

        fileprivate init(_ paths: [String]) {
            stamps = paths.map { path in
                var status = stat()
                guard let path = try? CredentialPath.resolve(path), stat(path, &status) == 0 else { return nil }
                return Stamp(
                    device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
                    seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
            }
        }
    }

    /// How long a connection that is closed may take to say goodbye.
    private static let goodbyeLimit = TimeAmount.seconds(1)

    private let configuration: HSMWatchCore.TLSConfiguration

    package init(_ configuration: HSMWatchCore.TLSConfiguration) {
        self.configuration = configuration
    }

    /// The version that is there now.
    var version: Version {
        Version(
            [configuration.ca, configuration.certificate, configuration.key, configuration.keyPassword]
                .compactMap(\.self))
    }

    /// Throws which file cannot be used, and why.
    package func check() throws(InvalidText) {
        _ = try load()
    }

    /// Reads them.
    ///
    /// - Throws: which file cannot be used, and why.
    func load() throws(InvalidText) -> Material {
        let (material, problems) = read()
        guard let material else {
            guard let problem = problems.first(where: { $0.severity == .error }) else {
                throw InvalidText("the TLS files cannot be used")
            }
            throw InvalidText(
                "\(problem.key.rawValue) \(configuration[problem.key] ?? "") \(problem.text)")
        }
        return material
    }

    /// Reads them, and tells every problem. There is no material when one of them is an error.
    func read() -> (material: Material?, problems: [TLSFileProblem]) {
        let version = version
        var reader = TLSFileReader()
        var tls = NIOSSL.TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.shutdownTimeout = Self.goodbyeLimit
        // The chain and the dates. `PeerVerification` looks at the names, more strictly than NIOSSL does. Nothing in a
        // configuration turns either off.
        tls.certificateVerification = .noHostnameVerification
        var authorities: [CertificateFacts]?
        if let path = configuration.ca, let found = reader.certificates(path, .ca) {
            tls.trustRoots = .certificates(found)
            authorities = found.compactMap(CertificateFacts.init)
        }
        var ownTerm: CertificateTerm?
        let chain = configuration.certificate.flatMap { reader.certificates($0, .certificate) }
        let key = configuration.key.flatMap { reader.privateKey($0, password: configuration.keyPassword) }
        if let path = configuration.certificate, let chain, let first = chain.first {
            ownTerm = CertificateTerm(first)
            reader.checkChain(chain, in: path, key)
            if let key {
                tls.certificateChain = chain.map { .certificate($0) }
                tls.privateKey = .privateKey(key)
            }
        }
        let problems = reader.problems
        guard !problems.contains(where: { $0.severity == .error }) else { return (nil, problems) }
        do {
            let context = try NIOSSLContext(configuration: tls)
            return (
                Material(
                    version: version, configuration: tls, context: context, ownTerm: ownTerm,
                    authorities: authorities), problems
            )
        } catch {
            let key: TLSFileProblem.Key = configuration.certificate == nil ? .ca : .certificate
            return (nil, problems + [TLSFileProblem(key, "cannot be used for TLS: \(error)")])
        }
    }
}

extension CertificateTerm {
    init(_ certificate: NIOSSLCertificate) {
        let digits = certificate.serialNumber.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        self.init(
            serialNumber: digits.joined(),
            notBefore: Timestamp(milliseconds: Int64(certificate.notValidBefore) * 1000),
            notAfter: Timestamp(milliseconds: Int64(certificate.notValidAfter) * 1000))
    }
}
