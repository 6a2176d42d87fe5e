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

    /// How long `shutDown` waits: to a proxy that never answers, a connection stays in the making for longer.
    nonisolated static let farewell = Duration.milliseconds(500)

    /// What requests are made with.
    private struct Access {
        let client: HTTPClient
        /// Whether a request was answered, so that a connection may be kept.
        var isUsed: Bool
        let tls: TLSFiles.Material?
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
    ///   - authorization: the file that `http` names; nil when it names none.
    ///   - fileAge: a constant to all but a test.
    init(
        to endpoint: HostPort, _ http: HTTPConfiguration, credentials: TLSCredentials?,
        authorization: AuthorizationFile? = nil, fileAge: Duration = HTTPRequests.fileAge
    ) {
        self.endpoint = endpoint
        self.http = http
        self.credentials = credentials
        self.fileAge = fileAge
        self.authorization = authorization
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
                // A kept connection that was just about to be closed: a new one will show.
                return try await execute(request, access.client, until: deadline)
            }
        } catch let problem as InvalidText {
            return .lost(Loss(.failed, problem.description))
        } catch {
            if TLSFailure.isUntrusted(error), let reason = await rejection() { return .lost(Loss(.failed, reason)) }
            return .lost(HTTPFailure.describe(error, limit: limit))
        }
    }

    /// Why the peer's certificate is rejected, as its chain tells; nil when there is no TLS.
    private func rejection() async -> String? {
        guard let credentials, let context = access?.tls?.context, let address else { return nil }
        let identity = credentials.identity(at: endpoint)
        let tunnel = http.proxy.map { _ in HTTPTunnel(authority: urlHost, tls: nil) }
        let reason: String? = try? await withDeadline { answer in
            CertificateDiagnosis.run(
                address, through: tunnel, .init(context: context, identity: identity),
                on: ServiceLoop.shared.eventLoop
            ) { chain in
                Task { @ServiceLoop in credentials.explainRejection(of: chain) { answer(.success($0)) } }
            }
        }
        return reason ?? TLSFailure.unexplained
    }

    /// Closes the connections. Returns when they are closed, at the latest after `farewell`; what is left ends by its
    /// own time limits.
    func shutDown() async {
        guard let client = access?.client else { return }
        access = nil
        let ended = WakeUp()
        let timer = ServiceLoop.after(Self.farewell) { ended.raise() }
        Task { @ServiceLoop in
            try? await client.shutdown()
            ended.raise()
        }
        await ended.wait()
        timer.cancel()
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
        // Through a proxy the client knows the proxy only, and the tunnel speaks TLS.
        let scheme = credentials == nil || http.proxy != nil ? "http" : "https"
        var request = HTTPClientRequest(url: "\(scheme)://\(http.proxy ?? urlHost)\(http.path)")
        request.method = .POST
        if http.proxy != nil { request.headers.add(name: "host", value: hostHeader) }
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

    /// Without a port that the scheme has anyway.
    private var hostHeader: String {
        let text = "\(urlHost)"
        let usual = credentials == nil ? 80 : 443
        return urlHost.port == usual ? String(text.dropLast(":\(usual)".count)) : text
    }

    // MARK: What the files say

    private func currentAccess() async throws -> Access {
        if let access, Instant.now - access.readAt < fileAge { return access }
        var material: TLSFiles.Material?
        if let credentials { material = try await withDeadline { credentials.load(then: $0) } }
        var value: String?
        if let authorization { value = try await withDeadline { authorization.load(then: $0) } }
        let known = access.flatMap { $0.tls?.version == material?.version ? $0.client : nil }
        if known == nil { await shutDown() }
        let access = Access(
            client: known ?? client(material), isUsed: known != nil, tls: material, authorization: value,
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
        let tunnel = http.proxy.map { _ in
            HTTPTunnel(authority: urlHost, tls: tls.map { .init(context: $0.0.context, name: $0.1.name) })
        }
        var configuration = HTTPClient.Configuration.ordered(tls: tls, tunnel: tunnel) { [weak self] in self?.note($0) }
        configuration.connectionPool.idleTimeout = Self.idleTimeout
        let peer = http.proxy ?? urlHost
        configuration.dnsOverride = [peer.host: address?.ipAddress ?? peer.host]
        return HTTPClient(eventLoopGroup: ServiceLoop.shared.eventLoop, configuration: configuration)
    }
}
