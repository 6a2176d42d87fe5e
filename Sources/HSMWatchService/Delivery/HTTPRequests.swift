// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore
import NIOHTTP1
import NIOSSL

/// Posts messages to one endpoint, on a connection that is kept, and reads what it needs from its files.
@ServiceLoop
final class HTTPRequests {
    /// How old what was read from the files may be: a renewed certificate or token is used soon.
    nonisolated static let fileAge = Duration.seconds(10)
    /// A connection that was idle for so long is not used again; Graylog closes it at 60 s.
    private nonisolated static let idleTimeout = TimeAmount.seconds(50)

    /// How long a connection over TLS may take to say goodbye.
    private nonisolated static let goodbyeLimit = TimeAmount.seconds(1)

    /// What requests are made with.
    private struct Access {
        let client: HTTPClient
        /// Whether a request was answered, so that a connection may be kept.
        var isUsed: Bool
        let tls: TLSFiles.Version?
        let authorization: String?
        let readAt: Instant
    }

    private let endpoint: HostPort
    private let http: HTTPConfiguration
    private let credentials: TLSCredentials?
    private let authorization: AuthorizationFile?
    private let fileAge: Duration
    private var address: SocketAddress?
    private var access: Access?
    /// What the peer said out of order, until it is reported: no answer of such a peer confirms anything.
    private var fault: RequestTurn.Fault?
    /// The request that waits for its answer.
    private var exchange: Task<PostVerdict, Never>?

    /// - Parameters:
    ///   - credentials: nil for plain HTTP.
    ///   - fileAge: a constant to all but a test.
    init(
        to endpoint: HostPort, _ http: HTTPConfiguration, credentials: TLSCredentials?,
        fileAge: Duration = HTTPRequests.fileAge
    ) {
        self.endpoint = endpoint
        self.http = http
        self.credentials = credentials
        self.fileAge = fileAge
        authorization = http.authorization.map { AuthorizationFile($0.file) }
    }

    /// From now on requests go to this address, the endpoint's or its proxy's.
    func connect(by address: SocketAddress) {
        self.address = address
    }

    /// One POST; answers what became of it.
    ///
    /// - Parameters:
    ///   - bodies: one message, or several for a bulk request.
    ///   - limit: how long all of it may take.
    func post(_ bodies: [[UInt8]], isBulk: Bool, within limit: Duration) async -> PostVerdict {
        if let fault = takeFault() { return .lost(Loss(.failed, fault.description)) }
        let exchange = Task { await answer(to: bodies, isBulk: isBulk, within: limit) }
        self.exchange = exchange
        defer { self.exchange = nil }
        let verdict = await withTaskCancellationHandler {
            await exchange.value
        } onCancel: {
            exchange.cancel()
        }
        return takeFault().map { .lost(Loss(.failed, $0.description)) } ?? verdict
    }

    /// Takes note that the peer is out of order. What is under way on another connection is given up, too.
    private func note(_ fault: RequestTurn.Fault) {
        self.fault = fault
        exchange?.cancel()
    }

    private func takeFault() -> RequestTurn.Fault? {
        defer { fault = nil }
        return fault
    }

    private func answer(to bodies: [[UInt8]], isBulk: Bool, within limit: Duration) async -> PostVerdict {
        let deadline = NIODeadline.now() + .nanoseconds(limit.wholeNanoseconds)
        do {
            let access = try await currentAccess()
            let request = request(bodies, isBulk: isBulk, authorization: access.authorization)
            do {
                return try await execute(request, access.client, until: deadline)
            } catch let error where Self.isClosed(error) && access.isUsed && fault == nil {
                // A kept connection that was just about to be closed: a new one tells.
                return try await execute(request, access.client, until: deadline)
            }
        } catch let problem as InvalidText {
            return .lost(Loss(.failed, problem.description))
        } catch let error as HTTPClientError where error == .proxyAuthenticationRequired {
            return PostVerdict(status: 407)
        } catch {
            return .lost(HTTPFailure.describe(error, limit: limit))
        }
    }

    /// Closes the connections.
    func shutDown() async {
        let client = access?.client
        access = nil
        try? await client?.shutdown()
    }

    private nonisolated static func isClosed(_ error: any Error) -> Bool {
        if case ChannelError.ioOnClosedChannel = error { return true }
        return error as? HTTPClientError == .remoteConnectionClosed
    }

    private func execute(
        _ request: HTTPClientRequest, _ client: HTTPClient, until deadline: NIODeadline
    ) async throws -> PostVerdict {
        let response = try await client.execute(request, deadline: deadline)
        access?.isUsed = true
        return PostVerdict(status: response.status.code)
    }

    private func request(_ bodies: [[UInt8]], isBulk: Bool, authorization: String?) -> HTTPClientRequest {
        // Where TLS has a name to prove, the name is the URL's host, and the client knows the address behind it.
        var request = HTTPClientRequest(url: "\(credentials == nil ? "http" : "https")://\(urlHost)\(http.path)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "hsmwatch/\(Version.number)")
        if let header = http.authorization?.header, let authorization {
            request.headers.add(name: header, value: authorization)
        }
        var body = ByteBuffer()
        for bytes in bodies {
            body.writeBytes(bytes)
            if isBulk { body.writeInteger(UInt8(ascii: "\n")) }
        }
        // A bulk input keeps what it has not cut off yet for as long as the connection stands.
        if isBulk { request.headers.add(name: "connection", value: "close") }
        request.body = .bytes(body)
        return request
    }

    private var urlHost: HostPort {
        HostPort(
            host: credentials?.identity(at: endpoint).name ?? HostText.withoutRoot(endpoint.host), port: endpoint.port)
    }

    // MARK: What the files say

    private func currentAccess() async throws -> Access {
        if let access, Instant.now - access.readAt < fileAge { return access }
        var material: TLSFiles.Material?
        if let credentials { material = try await withDeadline { credentials.load(then: $0) } }
        var value: String?
        if let authorization { value = try await withDeadline { authorization.load(then: $0) } }
        let known = access.flatMap { $0.tls == material?.version ? $0.client : nil }
        if known == nil { await shutDown() }
        let access = Access(
            client: known ?? client(material), isUsed: known != nil, tls: material?.version, authorization: value,
            readAt: .now)
        self.access = access
        return access
    }

    /// What is answered, unless it takes too long.
    private func withDeadline<Value: Sendable>(
        _ ask: (@escaping (Result<Value, InvalidText>) -> Void) -> Void
    ) async throws -> Value {
        let limit = TCPConnection.connectTimeout
        let promise = ServiceLoop.shared.eventLoop.makePromise(of: Value.self)
        let timer = ServiceLoop.after(limit) {
            promise.fail(InvalidText("its files could not be read within \(DurationText.format(limit))"))
        }
        defer { timer.cancel() }
        ask { promise.completeWith($0.mapError { $0 as any Error }) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private func client(_ material: TLSFiles.Material?) -> HTTPClient {
        let identity = credentials?.identity(at: endpoint)
        let tls = material.flatMap { material in identity.map { (material, $0) } }
        var configuration = HTTPClient.Configuration.ordered(tls: tls) { [weak self] in self?.note($0) }
        configuration.connectionPool.idleTimeout = Self.idleTimeout
        configuration.tlsConfiguration?.shutdownTimeout = Self.goodbyeLimit
        let destination = address?.ipAddress ?? endpoint.host
        if let proxy = http.proxy {
            configuration.proxy = .server(host: destination, port: Int(proxy.port))
            configuration.dnsOverride = [urlHost.host: endpoint.host]
        } else {
            configuration.dnsOverride = [urlHost.host: destination]
        }
        return HTTPClient(eventLoopGroup: ServiceLoop.shared.eventLoop, configuration: configuration)
    }
}
