// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HSMWatchCore
import NIOCore

/// Delivery over HTTP to one endpoint: one POST after the other, each confirmed by its answer.
///
/// It begins with a connection that carries no request: whether the endpoint is there, and whose certificate it has, is
/// known before there is a message to send.
@ServiceLoop
final class HTTPTransport: Transport {
    /// Bytes of a bulk body at the most, unless one message is longer: what Graylog's input takes (`max_chunk_size`).
    static let bulkLimit = 65_536
    /// Bytes of a message that every input takes: whoever finds it too long takes none.
    static let shortMessage = 8192
    /// How often a connection is made only to look at Graylog's certificate.
    nonisolated static let certificateInterval = Duration.seconds(6 * 3600)

    private let report: (TransportReport) -> Void
    private let isBulk: Bool
    private let patience: Duration
    private let certificateInterval: Duration
    private let requests: HTTPRequests
    /// What is said of TLS to a Graylog behind a proxy, as soon as a request has got through.
    private var unseenSession: TCPConnection.Session?
    private let refusal: (SocketAddress) -> Loss?
    private var addresses: ArraySlice<SocketAddress>
    /// The address that requests go to.
    private var address: SocketAddress?
    private var connection: TCPConnection?
    private var certificateTimer: DelayedWork?
    /// The request that waits for its answer.
    private var request: Task<PostVerdict, Never>?

    private(set) var isOpen = false
    private(set) var end: Loss?

    /// - Parameters:
    ///   - addresses: of the endpoint, or of the proxy; the first that can be connected to is kept.
    ///   - authorization: the file that `http` names.
    ///   - patience: how long a request may take.
    ///   - certificateInterval: a constant to all but a test.
    ///   - refusal: why an address may not be connected to; nil when it may.
    ///   - report: called on the event loop, until `close`.
    init(
        to endpoint: HostPort, addresses: [SocketAddress], http: HTTPConfiguration, credentials: TLSCredentials?,
        authorization: AuthorizationFile?, patience: Duration,
        certificateInterval: Duration = HTTPTransport.certificateInterval,
        refusal: @escaping (SocketAddress) -> Loss? = { _ in nil }, report: @escaping (TransportReport) -> Void
    ) {
        self.report = report
        self.certificateInterval = certificateInterval
        self.patience = patience
        self.refusal = refusal
        self.addresses = addresses[...]
        isBulk = http.isBulk
        unseenSession =
            http.proxy == nil || credentials == nil ? nil : TCPConnection.Session(version: "TLS", peerTerm: nil)
        requests = HTTPRequests(to: endpoint, http, credentials: credentials, authorization: authorization)
        tryNextAddress(name: http.proxy ?? endpoint, credentials: http.proxy == nil ? credentials : nil)
    }

    /// What one request holds.
    var allowance: Int { end == nil && isOpen ? (isBulk ? .max : 1) : 0 }

    var sendLimit: Int { Self.bulkLimit }

    func send(_ messages: ArraySlice<SpooledMessage>, waiting: Int) async {
        await post(messages)
    }

    func close() {
        end = end ?? Loss(.failed, "closed")
        certificateTimer?.cancel()
        connection?.close()
        connection = nil
        request?.cancel()
    }

    func finish() async {
        await requests.shutDown()
    }

    private func post(_ batch: ArraySlice<SpooledMessage>) async {
        guard let last = batch.last else { return }
        // A request may need a new connection.
        if let loss = address.flatMap(refusal) { return over(loss) }
        let (requests, patience) = (requests, patience)
        let bodies = batch.map { MessageFormat.gelf.bytes(of: $0) }
        let isBulk = isBulk
        let request = Task { await requests.post(bodies, isBulk: isBulk, within: patience) }
        self.request = request
        let verdict = await request.value
        self.request = nil
        guard end == nil else { return }
        switch verdict {
        case .delivered:
            // Behind a proxy TLS is seen by its success.
            if let session = unseenSession { report(.opened(session)) }
            unseenSession = nil
            report(.confirmed(last.position))
        case .tooLong(let reason) where batch.count == 1 && last.body.count <= Self.shortMessage:
            over(Loss(.declined, "\(reason), even \(counted(last.body.count, "byte"))"))
        case .tooLong(let reason) where batch.count == 1:
            report(.undeliverable(last.position, reason))
            report(.confirmed(last.position))
        case .tooLong:
            for message in batch where end == nil {
                await post([message])
            }
        case .lost(let loss):
            over(loss)
        }
    }

    private func tryNextAddress(name: HostPort, credentials: TLSCredentials?) {
        guard let address = addresses.popFirst() else { return over(Loss(.failed, "no address")) }
        connect(to: address, name: name, credentials: credentials)
    }

    private func connect(to address: SocketAddress, name: HostPort, credentials: TLSCredentials?) {
        if let loss = refusal(address) { return over(loss) }
        let connection = TCPConnection(name: name, credentials: credentials) { [weak self] in
            self?.take($0, at: address, name: name, credentials: credentials)
        }
        self.connection = connection
        connection.open(address)
    }

    private func take(
        _ message: TCPConnection.Report, at address: SocketAddress, name: HostPort, credentials: TLSCredentials?
    ) {
        switch message {
        case .opened(let session):
            connection?.close()
            connection = nil
            self.address = address
            requests.connect(by: address)
            isOpen = true
            report(.opened(session))
            if session != nil { lookAgain(at: address, name: name, credentials: credentials) }
        case .failed where isOpen:
            // A request will tell whether the peer is gone. Its certificate is looked at again all the same.
            connection = nil
            lookAgain(at: address, name: name, credentials: credentials)
        case .failed where !addresses.isEmpty:
            tryNextAddress(name: name, credentials: credentials)
        case .failed(let loss):
            over(loss)
        case .ended:
            break
        }
    }

    /// Connects once more after a time, to see the certificate that the peer has then.
    private func lookAgain(at address: SocketAddress, name: HostPort, credentials: TLSCredentials?) {
        certificateTimer?.cancel()
        certificateTimer = ServiceLoop.after(certificateInterval) { [weak self] in
            self?.connect(to: address, name: name, credentials: credentials)
        }
    }

    private func over(_ end: Loss) {
        guard self.end == nil else { return }
        self.end = end
        report(.changed)
    }
}
