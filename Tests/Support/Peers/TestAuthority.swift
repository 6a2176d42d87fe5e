// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOSSL
import Testing

/// A certificate authority of a test's own, made by openssl(1).
package struct TestAuthority {
    /// When a certificate may be used, as `openssl ca` writes it.
    package enum Term {
        case now, past, future
        /// From now on, for so many days.
        case days(Int)

        fileprivate var options: [String] {
            switch self {
            case .now: ["-startdate", "20200101000000Z", "-enddate", "20991231235959Z"]
            case .past: ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]
            case .future: ["-startdate", "20980101000000Z", "-enddate", "20991231235959Z"]
            case .days(let days): ["-days", "\(days)"]
            }
        }
    }

    /// A certificate with its key, both in PEM files.
    package struct Identity {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }

        /// For a server that shows it.
        package func serverContext() throws -> NIOSSLContext {
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))))
        }
    }

    private let folder: String
    /// The authority's own certificate.
    package let certificate: String

    /// The file of its own key.
    package var key: String { folder + "/ca.key" }

    /// A root.
    package init(in folder: TemporaryFolder, name: String = "authority", term: Term = .now) throws {
        try self.init(at: folder.path + "/" + name)
        // Its own certificate is not one of those that are counted.
        try Array("F0\n".utf8).write(to: self.folder + "/serial")
        defer { try? Array("01\n".utf8).write(to: self.folder + "/serial") }
        let (key, request) = (self.folder + "/ca.key", self.folder + "/ca.csr")
        try openssl(
            ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)"]
                + ["-addext", "basicConstraints=critical,CA:TRUE", "-keyout", key, "-out", request])
        try openssl(
            ["ca", "-batch", "-notext", "-selfsign", "-config", self.folder + "/openssl.cnf", "-in", request]
                + ["-out", certificate] + term.options)
    }

    /// An authority between this one and others.
    ///
    /// - Parameter constraints: its basicConstraints.
    package func intermediate(
        _ name: String, constraints: String = "critical,CA:TRUE", extensions: [String] = [], term: Term = .now
    ) throws -> TestAuthority {
        let identity = try issue(
            name, names: [], extensions: ["basicConstraints=\(constraints)"] + extensions, term: term)
        let authority = try TestAuthority(at: "\(folder)/\(name)-authority")
        try FileManager.default.copyItem(atPath: identity.certificate, toPath: authority.certificate)
        try FileManager.default.copyItem(atPath: identity.key, toPath: authority.folder + "/ca.key")
        return authority
    }

    /// An identity whose file has other certificates behind its own.
    package func chain(_ identity: Identity, _ others: String...) throws -> Identity {
        let path = identity.certificate + ".chain"
        let texts = try ([identity.certificate] + others).map { try String(contentsOfFile: $0, encoding: .utf8) }
        try Array(texts.joined().utf8).write(to: path)
        return Identity(certificate: path, key: identity.key)
    }

    /// Its files, without a certificate and a key.
    private init(at path: String) throws {
        self.folder = path
        certificate = self.folder + "/ca.pem"
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: false)
        try Array("".utf8).write(to: self.folder + "/index")
        try Array("01\n".utf8).write(to: self.folder + "/serial")
        try Array(
            """
            [ca]
            default_ca = test
            [test]
            dir = \(self.folder)
            database = $dir/index
            serial = $dir/serial
            new_certs_dir = $dir
            certificate = $dir/ca.pem
            private_key = $dir/ca.key
            default_md = sha256
            policy = any
            copy_extensions = copy
            unique_subject = no
            [any]
            commonName = supplied
            """.utf8
        ).write(to: self.folder + "/openssl.cnf")
    }

    /// Issues a certificate that carries the names, such as `DNS:graylog.test` or `IP:127.0.0.1`.
    ///
    /// - Parameters:
    ///   - names: none leaves out the subjectAltName.
    ///   - commonName: nil takes the file's name.
    ///   - rsaBits: of the key; nil takes a key on the curve P-256.
    ///   - extensions: more of them, such as `extendedKeyUsage=clientAuth`.
    package func issue(
        _ file: String, names: [String] = ["IP:127.0.0.1"], commonName: String? = nil, rsaBits: Int? = nil,
        extensions: [String] = [], term: Term = .now
    ) throws -> Identity {
        let identity = Identity(certificate: "\(folder)/\(file).pem", key: "\(folder)/\(file).key")
        let request = "\(folder)/\(file).csr"
        let kind = rsaBits.map { ["rsa:\($0)"] } ?? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        var carried = names.isEmpty ? [] : ["-addext", "subjectAltName=\(names.joined(separator: ","))"]
        carried += extensions.flatMap { ["-addext", $0] }
        var arguments = ["req", "-newkey"] + kind
        arguments += ["-nodes", "-subj", "/CN=\(commonName ?? file)"] + carried
        try openssl(arguments + ["-keyout", identity.key, "-out", request])
        try openssl(
            ["ca", "-batch", "-notext", "-config", folder + "/openssl.cnf", "-in", request]
                + ["-out", identity.certificate] + term.options)
        return identity
    }

    /// The key of an identity in another form.
    package func convert(_ key: String, _ command: [String], to file: String) throws -> String {
        let path = "\(folder)/\(file)"
        try openssl(command + ["-in", key, "-out", path])
        return path
    }

    package func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments): \(String(decoding: text, as: UTF8.self))")
    }
}
