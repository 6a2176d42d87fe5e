// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

/// What `check`, `run`, a reload and `send-test` say of TLS files, at the line of the key that names the file.
@Suite("Problems of TLS files in a configuration")
struct TLSFileProblemsTests {
    private let folder: TemporaryFolder
    private let authority: TestAuthority
    private let own: TestAuthority.Identity

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
        own = try authority.issue("own")
    }

    private func write(_ bytes: [UInt8], to file: String) throws -> String {
        let path = folder.path + "/" + file
        try bytes.write(to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    /// `LINE:severity: message` of each problem. The keys of `tls` begin on line 7, in the order ca, certificate, key,
    /// key_password.
    private func problems(
        ca: String? = nil, certificate: String? = nil, key: String? = nil, password: String? = nil
    ) throws -> [String] {
        for file in [key, password] {
            guard let file else { continue }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        }
        let yaml = """
            hsms: [{name: a, address: "192.0.2.1:1"}]
            outputs:
              - name: tls
                type: gelf-tcp
                endpoints: ["192.0.2.2:1"]
                tls:
                  ca: \(ca ?? authority.certificate)
                  certificate: \(certificate ?? own.certificate)
                  key: \(key ?? own.key)

            """
        let last = password.map { "      key_password: \($0)\n" } ?? ""
        return ConfigurationFile.read((yaml + last).utf8).problems.map { problem in
            let words = problem.message.replacing("\(folder.path)/", with: "")
            return "\(problem.mark.line):\(problem.severity.rawValue): \(words.replacing("outputs[0].tls.", with: ""))"
        }
    }

    @Test("files that fit have none")
    func none() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: own.key)
        #expect(try problems() == [])
    }

    @Test("a key of another certificate")
    func foreignKey() throws {
        let other = try authority.issue("other")
        #expect(
            try problems(key: other.key)
                == [
                    "9:error: key: 'authority/other.key' is not the key of the certificate (serial 01) in "
                        + "authority/own.pem"
                ])
    }

    @Test("DER in place of PEM")
    func der() throws {
        let certificate = folder.path + "/own.der"
        try authority.openssl(["x509", "-in", own.certificate, "-outform", "DER", "-out", certificate])
        let key = folder.path + "/key.der"
        try authority.openssl(["pkey", "-in", own.key, "-outform", "DER", "-out", key])
        let words = "in DER form; needed: PEM"
        #expect(
            try problems(ca: certificate, certificate: certificate, key: key)
                == [
                    "7:error: ca: 'own.der' holds a certificate \(words) (openssl x509 -inform DER)",
                    "8:error: certificate: 'own.der' holds a certificate \(words) (openssl x509 -inform DER)",
                    "9:error: key: 'key.der' holds a private key \(words) (openssl pkey -inform DER)",
                ])
    }

    @Test("PKCS#12 in place of PEM")
    func pkcs12() throws {
        let archive = folder.path + "/own.p12"
        try authority.openssl(
            ["pkcs12", "-export", "-in", own.certificate, "-inkey", own.key, "-passout", "pass:x", "-out", archive])
        let words = "is a PKCS#12 archive; needed: PEM (openssl pkcs12 -in own.p12"
        #expect(
            try problems(certificate: archive, key: archive).map { $0.replacing("\(folder.path)/", with: "") }
                == ["8:error: certificate: 'own.p12' \(words) -nokeys)", "9:error: key: 'own.p12' \(words) -nocerts)"])
    }

    @Test("an encrypted key without its password, with a wrong one, and with an empty one")
    func encrypted() throws {
        let key = try authority.convert(
            own.key, ["pkcs8", "-topk8", "-passout", "pass:secret"], to: "encrypted.key")
        #expect(
            try problems(key: key)
                == ["9:error: key: 'authority/encrypted.key' is encrypted; needed: key_password"])
        let old = try authority.convert(own.key, ["ec", "-aes128", "-passout", "pass:secret"], to: "old.key")
        #expect(try problems(key: old) == ["9:error: key: 'authority/old.key' is encrypted; needed: key_password"])
        for key in [key, old] {
            let file = key.dropFirst(folder.path.count + 1)
            #expect(
                try problems(key: key, password: write(Array("wrong\n".utf8), to: "password"))
                    == [
                        "10:error: key_password: 'password' does not decrypt \(file): the password is wrong, or the TLS library "
                            + "does not know the cipher"
                    ])
            #expect(
                try problems(key: key, password: write([], to: "empty"))
                    == ["10:error: key_password: 'empty' has an empty first line; needed: the password of \(file)"])
            #expect(
                try problems(key: key, password: write(Array("größe\n".utf8), to: "umlaut")).first?
                    .hasPrefix("10:error: key_password: 'umlaut' is not ASCII in its first line: byte 3 is 0xC3; ")
                    == true)
            #expect(try problems(key: key, password: write(Array("secret\n".utf8), to: "right")) == [])
        }
    }

    @Test("a chain that does not begin with the key's certificate is an error, one out of order a warning")
    func order() throws {
        let other = try authority.issue("other")
        let wrong = try write(bytes(authority.certificate) + bytes(own.certificate), to: "wrong.pem")
        #expect(
            try problems(certificate: wrong)
                == [
                    "8:error: certificate: 'wrong.pem' begins with the wrong certificate: the key belongs to its "
                        + "certificate 2 (serial 01), which must come first"
                ])
        let right = try write(bytes(own.certificate) + bytes(authority.certificate), to: "right.pem")
        #expect(try problems(certificate: right) == [])
        let mixed = try write(bytes(own.certificate) + bytes(other.certificate), to: "mixed.pem")
        #expect(
            try problems(certificate: mixed)
                == [
                    "8:warning: certificate: 'mixed.pem' is out of order: its certificate 2 (serial 02) is not of the "
                        + "authority that issued certificate 1 (serial 01)"
                ])
    }

    @Test("a CA file that holds a private key")
    func keyInAuthorities() throws {
        #expect(
            try problems(ca: own.key)
                == [
                    "7:error: ca: 'authority/own.key' holds a private key and no certificate; "
                        + "needed: the authorities' certificates in PEM"
                ])
        let both = try write(bytes(authority.certificate) + bytes(own.key), to: "both.pem")
        #expect(
            try problems(ca: both)
                == ["7:warning: ca: 'both.pem' holds a private key, too, which does not belong there"])
    }

    @Test("a byte order mark, text around the blocks, CR LF and a combined file work, as with openssl")
    func text() throws {
        let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
        let noise = Array("Bag Attributes\r\n    friendlyName: größe\nsubject=CN = own\n".utf8)
        let crlf = try String(contentsOfFile: own.certificate, encoding: .utf8).replacing("\n", with: "\r\n")
        let certificate = try write(bom + noise + Array(crlf.utf8) + noise, to: "noisy.pem")
        let key = try write(bom + bytes(own.key), to: "noisy.key")
        let ca = try write(bom + bytes(authority.certificate), to: "noisy-ca.pem")
        #expect(try problems(ca: ca, certificate: certificate, key: key) == [])
        _ = try TLSFiles(TLSConfiguration(ca: ca, certificate: certificate, key: key)).load()
        let combined = try write(bom + bytes(own.key) + noise + bytes(own.certificate), to: "combined.pem")
        #expect(try problems(certificate: combined, key: combined) == [])
        _ = try TLSFiles(TLSConfiguration(ca: ca, certificate: combined, key: combined)).load()
    }

    @Test("a broken block is named with its number, its kind and its line")
    func broken() throws {
        let good = try String(contentsOfFile: authority.certificate, encoding: .utf8)
        let lines = good.split(separator: "\n")
        let count = lines.count
        var torn = lines
        torn[2] = "MII*" + torn[2].dropFirst(4)
        let cut = lines.dropLast(2)
        func place(_ line: Int) -> String { "block 2 (CERTIFICATE, line \(count + 1))" }
        let cases: [(String, String)] = [
            (torn.joined(separator: "\n"), "line \(count + 3) is not Base64"),
            (cut.joined(separator: "\n"), "it has no END line"),
            (cut.joined(separator: "\n") + "\n-----END PRIVATE KEY-----\n", "its END line says PRIVATE KEY"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "it is not a certificate"),
        ]
        for (text, reason) in cases {
            let file = try write(Array((good + text).utf8), to: "torn.pem")
            #expect(try problems(ca: file) == ["7:error: ca: 'torn.pem' has a broken block: \(place(1)): \(reason)"])
        }
    }

    @Test("a file that is empty or holds something else")
    func nothing() throws {
        let empty = try write([], to: "empty")
        let text = try write(Array("no PEM".utf8), to: "text")
        #expect(
            try problems(ca: empty, certificate: text, key: text)
                == [
                    "7:error: ca: 'empty' is empty; needed: PEM",
                    "8:error: certificate: 'text' holds no certificate; needed: PEM",
                    "9:error: key: 'text' holds no private key; needed: PEM (PKCS#1, PKCS#8 or EC)",
                ])
        let large = try write([UInt8](repeating: 0x20, count: 4 << 20 | 1), to: "large")
        #expect(try problems(ca: large) == ["7:error: ca: 'large' cannot be read: it is larger than 4MiB"])
    }

    @Test(
        "an authorization file that is empty or that no header can carry",
        arguments: ["", "\nBearer x", "Bearer gr\u{F6}ße\n", "a\u{1}b", " \n"])
    func authorization(text: String) throws {
        let file = try write(Array(text.utf8), to: "token")
        let yaml = """
            hsms: [{name: a, address: "192.0.2.1:1"}]
            outputs:
              - name: http
                type: gelf-http
                endpoints: ["192.0.2.2:1"]
                tls: {}
                authorization:
                  file: \(file)
            """
        let problems = ConfigurationFile.read(yaml.utf8).problems
        #expect(problems.map(\.mark.line) == [8])
        #expect(
            problems.first?.message.hasPrefix("outputs[0].authorization.file: '\(file)' cannot be sent as a header: ")
                == true, "\(problems)")
    }
}
