// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import HSMWatchCore
import HSMWatchService
import NIOCore
import NIOHTTP1

/// Sends requests to Graylog's REST API, one after the other, and says in a sentence why one has failed.
///
/// It begins as an output does, with a connection that carries no request: whether Graylog is there, and whose
/// certificate it has, is known before the token leaves this machine.
@ServiceLoop
package final class GraylogClient {
    /// Bytes of an answer: the greatest is the list of the pack's revisions, of which 0.1.0 made some of 4 MiB, for
    /// 1,000 HSMs.
    nonisolated static let answerLimit = 32 << 20

    /// How often a change is asked for whose answer is lost.
    private nonisolated static let mostAttempts = 2

    private let access: GraylogAccess
    private let opening: HTTPOpening
    private let answerLimit: Int
    /// How long each answer may take instead of what the request says.
    private let patience: Duration?
    private var client: HTTPClient?

    /// - Parameters:
    ///   - answerLimit: a constant to all but a test.
    ///   - patience: nil to all but a test.
    package init(_ access: GraylogAccess, answerLimit: Int = GraylogClient.answerLimit, patience: Duration? = nil) {
        self.access = access
        self.answerLimit = answerLimit
        self.patience = patience
        opening = HTTPOpening(to: access.url.endpoint, tls: access.authorities, authoritiesSetting: "--ca")
    }

    package var url: GraylogURL { access.url }

    /// Has a request carried out whose answer says nothing more.
    func send(_ request: RESTRequest) async throws(GraylogProblem) {
        _ = try await answer(to: request)
    }

    /// Has a change made. When its answer is lost, `isDone` looks whether it was made; if not, the change is asked for
    /// once more.
    ///
    /// - Parameter isDone: gets why the answer is lost.
    func send(
        _ request: RESTRequest, unless isDone: (GraylogProblem) async throws(GraylogProblem) -> Bool
    ) async throws(GraylogProblem) {
        var attempts = 0
        while true {
            do throws(GraylogProblem) {
                return try await send(request)
            } catch {
                attempts += 1
                guard error.isUncertain else { throw error }
                if try await isDone(error) { return }
                guard attempts < Self.mostAttempts else { throw error }
            }
        }
    }

    /// Has a request answered.
    func ask<Answer: Decodable>(_ request: RESTRequest) async throws(GraylogProblem) -> Answer {
        let body = try await answer(to: request)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
        } catch {
            throw GraylogProblem(
                to: request,
                "its answer is not understood (\(Self.place(of: error))): is Graylog's REST API at \(access.url)")
        }
    }

    /// Closes the connection.
    package func shutDown() async {
        let client = client
        self.client = nil
        try? await client?.shutdown()
    }

    // MARK: One request

    private func answer(to request: RESTRequest) async throws(GraylogProblem) -> ByteBuffer {
        let client = try await connected(for: request)
        let patience = patience ?? request.patience
        let exchange = Task { try await self.exchange(request, client) }
        // The client's own deadline ends where the body begins.
        var isLate = false
        let timer = ServiceLoop.after(patience) {
            isLate = true
            exchange.cancel()
        }
        defer { timer.cancel() }
        let (head, body): (HTTPClientResponse, ByteBuffer)
        do {
            (head, body) = try await exchange.value
            if isLate { throw HTTPClientError.deadlineExceeded }
        } catch is NIOTooManyBytesError {
            throw GraylogProblem(to: request, "its answer has more than \(SizeText.format(answerLimit))")
        } catch {
            let failure = isLate ? HTTPClientError.deadlineExceeded : error
            throw GraylogProblem(to: request, HTTPOpening.reason(of: failure, limit: patience))
        }
        guard (200...299).contains(head.status.code) else {
            let message = try? JSONDecoder().decode(RESTAnswer.Failure.self, from: Data(body.readableBytesView))
            throw GraylogProblem(
                to: request, status: head.status.code, message: message?.message,
                location: head.headers.first(name: "location"))
        }
        guard head.headers.first(name: "content-type")?.hasPrefix("text/html") != true else {
            throw GraylogProblem.webPage(for: request, at: access.url)
        }
        if let success = request.success, head.status.code != success {
            throw GraylogProblem(to: request, "its answer is HTTP \(head.status.code), not \(success)")
        }
        return body
    }

    private func exchange(
        _ request: RESTRequest, _ client: HTTPClient
    ) async throws -> (HTTPClientResponse, ByteBuffer) {
        let response = try await client.execute(self.request(request), deadline: .distantFuture)
        return (response, try await response.body.collect(upTo: answerLimit))
    }

    private func request(_ request: RESTRequest) -> HTTPClientRequest {
        var http = HTTPClientRequest(url: "\(access.url)\(request.path)")
        http.method = HTTPMethod(rawValue: request.method.rawValue)
        http.headers.add(name: "accept", value: "application/json")
        http.headers.add(name: "authorization", value: access.authorization)
        http.headers.add(name: "user-agent", value: "hsmwatch/\(Version.number)")
        // Graylog refuses a change without it, so that no web page can make one.
        http.headers.add(name: "x-requested-by", value: "hsmwatch")
        if let body = request.body {
            http.headers.add(name: "content-type", value: "application/json")
            http.body = .bytes(ByteBuffer(bytes: body))
        }
        return http
    }

    private nonisolated static func place(of error: any Error) -> String {
        let context: DecodingError.Context? =
            switch error as? DecodingError {
            case .keyNotFound(let key, let context):
                .init(codingPath: context.codingPath + [key], debugDescription: context.debugDescription)
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context
            case nil: nil
            @unknown default: nil
            }
        let path = (context?.codingPath ?? []).map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? "not the JSON that was expected" : Reply.printable(path.utf8)
    }

    // MARK: The connection

    /// The client, once the server has answered.
    private func connected(for request: RESTRequest) async throws(GraylogProblem) -> HTTPClient {
        if let client { return client }
        do {
            let client = try await opening.client()
            self.client = client
            return client
        } catch {
            throw GraylogProblem("Graylog at \(access.url) is not reached: \(error.reason)")
        }
    }
}

/// Where a Graylog is, and what opens it: read before anything is asked.
package struct GraylogAccess: Sendable {
    package let url: GraylogURL
    /// The trusted authorities; nil for plain HTTP.
    let authorities: HSMWatchCore.TLSConfiguration?
    /// The value of the header that authorizes.
    let authorization: String

    /// Reads the files, blocking for as long as the disk takes.
    ///
    /// - Parameters:
    ///   - tokenFile: its first line is an access token of a Graylog user; only its owner may read it.
    ///   - ca: a PEM file; nil trusts the system's authorities.
    /// - Throws: which file cannot be used, and why.
    package init(url: GraylogURL, tokenFile: String, ca: String?) throws(InvalidText) {
        if let exposure = CredentialPath.exposure(tokenFile) {
            throw InvalidText("the token in \(tokenFile) \(exposure)")
        }
        let token: String
        do {
            token = try CredentialPath.secret(in: tokenFile).token()
        } catch {
            throw InvalidText("the token in \(tokenFile) \(error)")
        }
        authorities = url.isSecure ? HSMWatchCore.TLSConfiguration(ca: ca) : nil
        if let authorities { try TLSFiles(authorities).check() }
        self.url = url
        // Graylog takes a token for a user whose password is this word.
        authorization = "Basic " + Data("\(token):token".utf8).base64EncodedString()
    }
}
