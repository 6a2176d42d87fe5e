// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@Suite("TLS files")
struct TLSFilesTests {
    private let folder: TemporaryFolder
    private let authority: TestAuthority
    private let own: TestAuthority.Identity

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
        own = try authority.issue("own")
    }

    private func files(key: String, password: String? = nil) throws -> TLSFiles {
        var passwordFile: String?
        if let password {
            passwordFile = folder.path + "/password"
            try Array("\(password)\n".utf8).write(to: folder.path + "/password")
        }
        return TLSFiles(
            TLSConfiguration(
                ca: authority.certificate, certificate: own.certificate, key: key, keyPassword: passwordFile))
    }

    @Test("a key is taken as PKCS#8 and as EC's own form, encrypted or not")
    func keyForms() throws {
        let secret = ["-passout", "pass:secret"]
        _ = try files(key: own.key).load()
        _ = try files(key: authority.convert(own.key, ["ec"], to: "ec.key")).load()
        let old = try authority.convert(own.key, ["ec", "-aes128"] + secret, to: "ec-encrypted.key")
        _ = try files(key: old, password: "secret").load()
        let new = try authority.convert(own.key, ["pkcs8", "-topk8"] + secret, to: "pkcs8-encrypted.key")
        _ = try files(key: new, password: "secret").load()
        #expect(throws: InvalidText.self) { try files(key: new, password: "wrong").load() }
        #expect(throws: InvalidText.self) { try files(key: new).load() }
    }

    @Test("an RSA key is taken as PKCS#1 and as PKCS#8")
    func rsa() throws {
        let (pkcs8, pkcs1) = (folder.path + "/rsa.key", folder.path + "/rsa1.key")
        let certificate = folder.path + "/rsa.pem"
        try authority.openssl(
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=rsa", "-keyout", pkcs8]
                + ["-out", certificate])
        try authority.openssl(["rsa", "-traditional", "-in", pkcs8, "-out", pkcs1])
        for key in [pkcs8, pkcs1] {
            let material = try TLSFiles(TLSConfiguration(certificate: certificate, key: key)).load()
            #expect(material.ownTerm != nil)
        }
    }

    @Test("what cannot be used is named, with the reason")
    func problems() throws {
        let text = folder.path + "/text"
        try Array("no certificate".utf8).write(to: text)
        func problem(_ configuration: TLSConfiguration) -> String? {
            do {
                _ = try TLSFiles(configuration).load()
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(problem(TLSConfiguration(ca: text)) == "ca \(text) holds no certificate; needed: PEM")
        #expect(
            problem(TLSConfiguration(ca: "/nonexistent")) == "ca /nonexistent cannot be read: No such file or directory"
        )
        let wrongKey = TLSConfiguration(certificate: own.certificate, key: text)
        #expect(
            problem(wrongKey)
                == "key \(text) holds no private key; needed: PEM (PKCS#1, PKCS#8 or EC)"
        )
        let other = try authority.issue("other")
        let mismatch = problem(TLSConfiguration(certificate: own.certificate, key: other.key))
        #expect(
            mismatch == "key \(other.key) is not the key of the certificate (serial 01) in \(own.certificate)")
        let credential = problem(TLSConfiguration(ca: "$CREDENTIALS_DIRECTORY/ca.pem"))
        #expect(credential?.contains("$CREDENTIALS_DIRECTORY is not set") == true)
    }

    @Test("a certificate with an RSA key of less than 2048 bits is refused in every file, with its serial number")
    func shortKeys() throws {
        let (certificate, key) = (folder.path + "/short.pem", folder.path + "/short.key")
        try authority.openssl(
            ["req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=short", "-set_serial", "171"]
                + ["-keyout", key, "-out", certificate])
        let words = "has a certificate (serial AB) with an RSA key of 1024 bits; needed: at least 2048"
        #expect(throws: InvalidText("certificate \(certificate) \(words)")) {
            try TLSFiles(TLSConfiguration(certificate: certificate, key: key)).load()
        }
        #expect(throws: InvalidText("ca \(certificate) \(words)")) {
            try TLSFiles(TLSConfiguration(ca: certificate)).load()
        }
        // Also behind a good one in the same file.
        let both = folder.path + "/both.pem"
        let texts = try [authority.certificate, certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try Array(texts.joined().utf8).write(to: both)
        #expect(throws: InvalidText("ca \(both) \(words)")) { try TLSFiles(TLSConfiguration(ca: both)).load() }
    }

    @Test("a rewritten file counts as a new version")
    func versions() throws {
        let files = try files(key: own.key)
        let before = files.version
        #expect(files.version == before)
        let bytes = Array("another".utf8)
        try bytes.write(to: own.key)
        #expect(files.version != before)
    }
}
