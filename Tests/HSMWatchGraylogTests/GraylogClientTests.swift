// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchGraylog
@testable import HSMWatchService

@ServiceLoop
@Suite("Graylog's REST API, asked", .timeLimit(.minutes(1)))
struct GraylogClientTests {
    /// Why the version was not learned.
    private func problem(
        on stage: GraylogStage, _ access: GraylogAccess? = nil, answerLimit: Int = GraylogClient.answerLimit,
        patience: Duration? = nil
    ) async throws -> String {
        try await stage.problem {
            try await stage.ask(access, answerLimit: answerLimit, patience: patience) { client throws(GraylogProblem) in
                _ = try await client.version()
            }
        }.description
    }

    @Test("is told who asks, by the token, and that no web page does")
    func headers() async throws {
        try await GraylogStage.play { stage in
            try await stage.ask { client throws(GraylogProblem) in
                _ = try await client.version()
            }
            let headers = try #require(await stage.server.requests.first?.headers)
            #expect(headers["x-requested-by"] == "hsmwatch")
            #expect(headers["accept"] == "application/json")
            #expect(headers["user-agent"] == "hsmwatch/\(Version.number)")
            #expect(headers["authorization"]?.hasPrefix("Basic ") == true)
        }
    }

    @Test("refuses a token that it does not know")
    func token() async throws {
        try await GraylogStage.play { stage in
            let sentence = try await problem(on: stage, stage.access(token: "wrong"))
            #expect(
                sentence
                    == "Graylog did not say its version: HTTP 401; the token is not known: create one for a user in Graylog "
                    + "(Edit tokens), and put it into the first line of --token-file")
        }
    }

    @Test(
        "is said to be elsewhere when nothing of it is at the path",
        arguments: [
            (GraylogVersion(5, 2), "/wrong", "a web page answers at"),
            (GraylogVersion(5, 2), "/api/wrong", "a web page"),
            (GraylogVersion(7, 1), "/api/wrong", "HTTP 404; nothing there is Graylog's REST API"),
        ] as [(GraylogVersion, String, String)])
    func path(version: GraylogVersion, path: String, words: String) async throws {
        try await GraylogStage.play(version) { stage in
            let sentence = try await problem(on: stage, stage.access(path: path))
            #expect(sentence.contains(words) && sentence.contains("such as /api"))
        }
    }

    @Test(
        "is explained when something else answers for it, or nothing",
        arguments: [
            (.instead(.badGateway), "HTTP 502; Graylog, or a proxy before it, cannot answer now: try again later"),
            (GraylogStage.answer(503, "starting"), "HTTP 503; Graylog, or a proxy before it, cannot answer now"),
            (GraylogStage.answer(429, "slow down"), "HTTP 429; it is asked too often"),
            (GraylogStage.answer(403, "Not authorized"), "HTTP 403; the token's user lacks a permission: system:read"),
            (
                GraylogStage.answer(302, "", headers: ["Location": "https://sso.example.net/login"]),
                "HTTP 302; a redirection to https://sso.example.net/login, and none is followed: name its place with --url"
            ),
            (.instead(GraylogAnswer(200, "application/json", "{}")), "its answer is not understood (version)"),
            (.instead(GraylogAnswer(200, "application/json", "{")), "its answer is not understood (not the JSON"),
            (.instead(GraylogAnswer(200, "text/html", "<p>Hello</p>")), "a web page answers at"),
            (
                .instead(GraylogAnswer(200, "application/json", #"{"version":"next"}"#)),
                "Graylog's answer is not understood: its version is next"
            ),
            (.close, "the peer closed the connection without an answer"), (.reset, "the peer"),
            (.cutAnswer, "the peer"),
        ] as [(GraylogFault.Kind, String)])
    func faults(kind: GraylogFault.Kind, words: String) async throws {
        try await GraylogStage.play { stage in
            await stage.server.suffer(GraylogFault(kind))
            let sentence = try await problem(on: stage)
            #expect(sentence.contains(words), "\(sentence)")
        }
    }

    @Test("is given up when it does not answer, and when its answer does not end")
    func patience() async throws {
        try await GraylogStage.play { stage in
            await stage.server.suffer(GraylogFault(.silence))
            let sentence = try await problem(on: stage, patience: .milliseconds(100))
            #expect(sentence == "Graylog did not say its version: no answer within 100ms")
        }
        try await GraylogStage.play { stage in
            let (peer, address) = try await HTTPPeer.start(answering: .unfinished(200))
            let sentence = try await problem(on: stage, stage.access(at: address), patience: .milliseconds(100))
            #expect(sentence == "Graylog did not say its version: no answer within 100ms")
            try await peer.stop()
        }
    }

    @Test("is not read without end")
    func answerLimit() async throws {
        try await GraylogStage.play { stage in
            let long = GraylogAnswer(200, "application/json", String(repeating: " ", count: 1025))
            await stage.server.suffer(GraylogFault(.instead(long)))
            let sentence = try await problem(on: stage, answerLimit: 1024)
            #expect(sentence == "Graylog did not say its version: its answer has more than 1KiB")
        }
    }

    @Test("is not reached when nobody listens, and when its name has no address")
    func unreachable() async throws {
        try await GraylogStage.play { stage in
            let access = try stage.access()
            await stage.server.stop()
            let sentence = try await problem(on: stage, access)
            #expect(sentence == "Graylog at \(access.url) is not reached: connection refused")
        }
    }

    @Test(
        "says which permission is missing, at every request",
        arguments: [
            "contentpack:read", "contentpack:create", "contentpack:install", "contentpack:uninstall",
        ])
    func permission(name: String) async throws {
        try await GraylogStage.play { stage in
            if name == "contentpack:uninstall" { try await stage.install(GraylogStage.pack("khi-2")) }
            await stage.server.change { $0.missingPermissions = [name] }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(problem.description.contains("HTTP 403; the token's user lacks a permission: \(name)"))
        }
    }

    @Test("is explained in visible words, whatever answers", arguments: UInt64(0)..<8)
    func hostile(seed: UInt64) async throws {
        try await GraylogStage.play { stage in
            let message = #"{"message":"\u001b[31m forged\u2028"}"#
            let forged = "HTTP/1.1 500 forged\r\ncontent-length: \(message.utf8.count)\r\n\r\n\(message)"
            let bytes = seed == 0 ? Array(forged.utf8) : HostilePeer.bytes(seed: seed)
            let peer = try await HostilePeer.start(.answersOnce, says: bytes)
            let sentence = try await problem(on: stage, stage.access(at: peer.address), patience: .seconds(1))
            #expect(sentence.isVisible, "\(sentence)")
            #expect(sentence.hasPrefix("Graylog did not say its version: "))
            try await peer.stop()
        }
    }

    // MARK: TLS

    @Test("is trusted by the authority that is named, and without its name by nobody")
    func tls() async throws {
        let folder = try TemporaryFolder()
        let authority = try TestAuthority(in: folder)
        let identity = try authority.issue("graylog")
        let stage = try await GraylogStage(
            GraylogVersion(7, 1), tls: ReceiverTLS(certificate: identity.certificate, key: identity.key))
        try await stage.ask(stage.access(ca: authority.certificate)) { client throws(GraylogProblem) in
            #expect(try await client.version() == GraylogRelease(major: 7, minor: 1))
        }
        let sentence = try await problem(on: stage, stage.access())
        #expect(
            sentence == "Graylog at \(stage.server.url) is not reached: TLS: the issuer of Graylog's certificate "
                + "(serial 01) is missing: Graylog does not send the certificate of authority, and it is not among the system's "
                + "authorities (--ca is not set)")
        #expect(await stage.server.requests.count == 1)
        await stage.server.stop()
    }

    @Test("gets no token when its certificate has another name")
    func otherName() async throws {
        let folder = try TemporaryFolder()
        let authority = try TestAuthority(in: folder)
        let identity = try authority.issue("graylog", names: ["DNS:other.test"])
        let stage = try await GraylogStage(
            GraylogVersion(7, 1), tls: ReceiverTLS(certificate: identity.certificate, key: identity.key))
        let sentence = try await problem(on: stage, stage.access(ca: authority.certificate))
        #expect(sentence.contains("TLS: Graylog's certificate does not carry the endpoint's address"))
        #expect(await stage.server.requests.isEmpty)
        await stage.server.stop()
    }

    @Test("sends no token to a certificate that appears after the first connection")
    func laterCertificate() async throws {
        let folder = try TemporaryFolder()
        let authority = try TestAuthority(in: folder)
        let (peer, address) = try await HTTPPeer.start(
            answering: .status(200), tls: authority.issue("good", names: ["DNS:localhost"]).serverContext(),
            authority.issue("wrong").serverContext())
        let tokenFile = folder.path + "/token"
        try Array("secret\n".utf8).write(to: tokenFile)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: tokenFile)
        let access = try GraylogAccess(
            url: GraylogURL(parsing: "https://localhost:\(address.port)/api"), tokenFile: tokenFile,
            ca: authority.certificate)
        let client = GraylogClient(access)
        let problem = await #expect(throws: GraylogProblem.self) { _ = try await client.version() }
        let words = "TLS: Graylog's certificate does not carry the name localhost; it carries 127.0.0.1"
        #expect(problem?.description.contains(words) == true, "\(problem?.description ?? "")")
        #expect(try await peer.requests(0).isEmpty)
        #expect(await peer.receivedBytes == 0)
        #expect(await peer.clients.count == 2)
        await client.shutDown()
        try await peer.stop()
    }
}
