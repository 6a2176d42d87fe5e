// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

/// The TLS library ends the process at a password byte over 0x7F, and takes at most 1023 bytes.
@Suite("A key's password")
struct KeyPasswordTests {
    private let folder: TemporaryFolder
    private let authority: TestAuthority
    private let own: TestAuthority.Identity
    private let password: String

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
        own = try authority.issue("own")
        password = folder.path + "/password"
    }

    private func encrypted(_ secret: String) throws -> String {
        try Array("\(secret)\n".utf8).write(to: folder.path + "/secret")
        return try authority.convert(
            own.key, ["pkcs8", "-topk8", "-passout", "file:\(folder.path)/secret"], to: "encrypted.key")
    }

    /// Why the files cannot be used; nil when they can.
    private func problem(key: String, password bytes: [UInt8]) throws -> String? {
        try bytes.write(to: password)
        let tls = TLSConfiguration(certificate: own.certificate, key: key, keyPassword: password)
        do {
            _ = try TLSFiles(tls).load()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "a byte over 0x7F is refused with its place",
        arguments: [
            ("größe", "byte 3 is 0xC3"), ("\u{FEFF}größe", "byte 3 is 0xC3"), ("secret\u{7F}\u{80}", "byte 8 is 0xC2"),
        ])
    func notASCII(secret: String, place: String) throws {
        let key = try encrypted("secret")
        let reason = try problem(key: key, password: Array("\(secret)\n".utf8))
        #expect(
            reason == "key_password \(password) is not ASCII in its first line: \(place); "
                + "needed: a password of ASCII characters, for example by 'openssl pkey -aes256'")
    }

    @Test("every single byte is used or refused")
    func everyByte() throws {
        let key = try encrypted("secret")
        for byte in UInt8.min...UInt8.max {
            #expect(try problem(key: key, password: [UInt8(ascii: "x"), byte, UInt8(ascii: "\n")]) != nil)
        }
    }

    @Test("a byte order mark before an ASCII password is skipped")
    func byteOrderMark() throws {
        let key = try encrypted("secret")
        #expect(try problem(key: key, password: [0xEF, 0xBB, 0xBF] + Array("secret\r\n".utf8)) == nil)
    }

    @Test("up to 1023 bytes are used, more are refused", arguments: [1, 1022, 1023, 1024, 1025, 4095])
    func lengths(count: Int) throws {
        // openssl(1) takes at most 1024 bytes of a password.
        let key = try encrypted(String(repeating: "p", count: min(count, 1023)))
        let reason = try problem(key: key, password: [UInt8](repeating: UInt8(ascii: "p"), count: count))
        let refusal =
            "key_password \(password) has \(count) bytes in its first line; needed: at most 1023"
        #expect(reason == (count > 1023 ? refusal : nil))
    }

    @Test(
        "a changed password that cannot be used leaves the old key in use, and each reason is reported once",
        arguments: [("größe", "is not ASCII"), ("", "has an empty first line"), ("wrong", "does not decrypt")])
    @ServiceLoop
    func changed(secret: String, reason: String) async throws {
        let key = try encrypted("secret")
        try Array("secret\n".utf8).write(to: password)
        var reports: [String] = []
        let credentials = TLSCredentials(
            TLSConfiguration(certificate: own.certificate, key: key, keyPassword: password),
            rejected: { reports.append($0) })
        func load() async throws -> TLSFiles.Material {
            try await withCheckedContinuation { continuation in
                credentials.load { continuation.resume(returning: $0) }
            }.get()
        }
        let before = try await load()
        try Array("\(secret)\n\n".utf8).write(to: password)
        for _ in 0..<3 { #expect(try await load().version == before.version) }
        #expect(reports.count == 1)
        #expect(reports.first?.hasPrefix("key_password \(password) \(reason)") == true, "\(reports)")
        try Array("secret\n\n\n".utf8).write(to: password)
        #expect(try await load().version != before.version)
        #expect(reports.count == 1)
    }

    @Test("a key without encryption needs none, whatever the file holds")
    func notNeeded() throws {
        #expect(try problem(key: own.key, password: Array("größe\n".utf8)) == nil)
    }
}
