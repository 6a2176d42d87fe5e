// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import TestSupport
import Testing

@Suite("Files that must be secret")
struct SecretFileTests {
    private let folder: TemporaryFolder
    private let certificate: String
    /// A private key, whose first line a header can carry.
    private let secret: String

    init() throws {
        folder = try TemporaryFolder()
        let identity = try TestAuthority(in: folder).issue("own")
        certificate = identity.certificate
        secret = identity.key
    }

    /// The problems of a file that names the secret in each place where one belongs.
    private func problems(mode: Int, of path: String? = nil) throws -> [String] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path ?? secret)
        let path = path ?? secret
        let yaml = """
            hsms: [{name: a, address: "a:1"}]
            outputs:
              - name: tls
                type: gelf-tcp
                endpoints: ["g:1"]
                tls: {certificate: "\(certificate)", key: "\(path)", key_password: "\(path)"}
              - {name: http, type: gelf-http, endpoints: ["g:1"], tls: {}, authorization: {file: "\(path)"}}
            """
        return ConfigurationFile.read(yaml.utf8, checksFiles: true).problems.map(\.message)
    }

    @Test(
        "are refused when others may read or change them, with the command that ends it",
        arguments: [
            0o644, 0o640, 0o604, 0o660, 0o620, 0o602, 0o666, 0o755,
        ])
    func exposed(mode: Int) throws {
        let problem = "can be read or changed by others than its owner (mode \(String(mode, radix: 8)))"
        let cure = "allowed: its owner alone: chmod 600 \(secret)"
        #expect(
            try problems(mode: mode)
                == ["outputs[0].tls.key", "outputs[0].tls.key_password", "outputs[1].authorization.file"].map {
                    "\($0): '\(secret)' \(problem); \(cure)"
                })
    }

    @Test("are taken when they are their owner's alone", arguments: [0o600, 0o400])
    func owned(mode: Int) throws {
        #expect(try problems(mode: mode) == [])
    }

    @Test("the command is one that a shell understands")
    func quoted() throws {
        let path = folder.path + "/it's a key"
        try FileManager.default.copyItem(atPath: secret, toPath: path)
        let problem = try #require(try problems(mode: 0o644, of: path).first)
        #expect(problem.hasSuffix(#"chmod 600 '\#(folder.path)/it'\''s a key'"#))
    }

    @Test("a certificate is none")
    func certificates() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: certificate)
        #expect(try problems(mode: 0o600) == [])
    }
}
