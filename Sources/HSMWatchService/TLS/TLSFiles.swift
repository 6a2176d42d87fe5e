// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import HSMWatchCore
import NIOCore
import NIOSSL

/// The files of a TLS configuration: what they held when they were read, and whether they have changed since.
///
/// Every method may block.
package struct TLSFiles: Sendable {
    /// What a connection needs. The opener asks `PeerVerification` after the handshake.
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

    /// Identifies a version of the files.
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

    /// Reads them, and reports every problem. There is no material when one of them is an error.
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

/// The path of a file with a key or a certificate, which systemd may keep for the service (`LoadCredential=`).
package enum CredentialPath {
    /// Bytes of a file with a secret; Graylog takes 8192 of all headers.
    static let secretLimit = 4096
    /// What the group and all others may do with a file.
    private static let othersAccess: mode_t = 0o077
    /// What stands at the start of a path for the directory that systemd makes for each run of a service.
    private static let placeholder = "$CREDENTIALS_DIRECTORY/"

    /// The path as the file system knows it.
    ///
    /// - Throws: when it is in a directory that the configuration does not name.
    static func resolve(_ path: String) throws(InvalidText) -> String {
        guard path.hasPrefix(placeholder) else { return path }
        guard let directory = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] else {
            throw InvalidText("$CREDENTIALS_DIRECTORY is not set; systemd sets it for a service with LoadCredential=")
        }
        return directory + "/" + path.dropFirst(placeholder.count)
    }

    /// The first line of a file that holds a secret.
    ///
    /// - Throws: in words that follow the file's path.
    package static func secret(in path: String) throws(InvalidText) -> SecretLine {
        SecretLine(ofFile: try read(path, limit: secretLimit))
    }

    /// A whole file.
    ///
    /// - Throws: in words that follow the file's path.
    static func read(_ path: String, limit: Int) throws(InvalidText) -> [UInt8] {
        do {
            return try RegularFile.read(try resolve(path), limit: limit)
        } catch {
            throw InvalidText("cannot be read: \(error)")
        }
    }

    /// Which other users can read a file that must be secret, and how to end that; nil when none can. Credentials that
    /// systemd keeps for the service are always private.
    package static func exposure(_ path: String) -> String? {
        guard !path.hasPrefix(placeholder), let mode = RegularFile.mode(path), mode & othersAccess != 0 else {
            return nil
        }
        let digits = String(mode, radix: 8)
        return "can be read or changed by others than its owner (mode \(digits)); "
            + "allowed: its owner alone: chmod 600 \(path.shellQuoted)"
    }

    /// Why this process cannot read the file; nil when it can.
    static func unreadability(_ path: String) -> String? {
        do {
            return RegularFile.unreadability(try resolve(path))
        } catch {
            return error.description
        }
    }
}

extension FileInspection {
    /// Looks at the files as they are.
    static let real = FileInspection(
        unreadability: CredentialPath.unreadability, exposure: CredentialPath.exposure,
        tlsProblems: { TLSFiles($0).read().problems }, headerProblem: AuthorizationFile.problem)
}

/// The file with the value of a header that authorizes, read off the event loop.
///
/// What was read once stays in use as long as a changed file cannot be used.
@ServiceLoop
final class AuthorizationFile {
    /// Where the files are read: those of another output may hang.
    private let queue = DispatchQueue(label: "hsmwatch.authorization")

    private let path: String
    private let rejected: (String) -> Void
    private var known: String?
    /// Why the file cannot be used now, though it could before.
    private var rejection: InvalidText?

    /// - Parameter rejected: called once for each reason why a changed file cannot be used. The old value stays in use.
    init(_ path: String, rejected: @escaping (String) -> Void = { _ in }) {
        self.path = path
        self.rejected = rejected
    }

    /// Answers on the event loop, never at once, the file's first line, or what it was before if that cannot be used;
    /// or why nothing can.
    func load(then answer: @escaping (Result<String, InvalidText>) -> Void) {
        let box = NIOLoopBound(answer, eventLoop: ServiceLoop.shared.eventLoop)
        let path = path
        queue.async {
            let value = Result { () throws(InvalidText) in try Self.value(path) }
            Task { @ServiceLoop in box.value(self.take(value)) }
        }
    }

    private func take(_ read: Result<String, InvalidText>) -> Result<String, InvalidText> {
        switch read {
        case .success(let value):
            known = value
            rejection = nil
            return read
        case .failure(let problem):
            guard let known else { return .failure(InvalidText("authorization \(path) \(problem)")) }
            if problem != rejection { rejected("authorization \(path) \(problem)") }
            rejection = problem
            return .success(known)
        }
    }

    /// Why the file's first line cannot be sent, in words that follow its path; nil when it can.
    nonisolated static func problem(_ path: String) -> String? {
        do {
            _ = try value(path)
            return nil
        } catch {
            return error.description
        }
    }

    /// - Throws: in words that follow the file's path.
    private nonisolated static func value(_ path: String) throws(InvalidText) -> String {
        try CredentialPath.secret(in: path).headerValue()
    }
}
