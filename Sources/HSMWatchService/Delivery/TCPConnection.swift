// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// One TCP connection to a Graylog input, with TLS or without: writes frames, can be half-closed, and reports how it
/// ends.
///
/// Graylog never answers. So the connection is read only to notice its end, before anything more is written into it,
/// and to notice a peer that is not Graylog: any byte from it ends the connection.
final class TCPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How TLS is spoken.
    struct Security {
        let context: NIOSSLContext
        /// What the peer's certificate must carry.
        let identity: PeerIdentity
    }

    /// What TLS has agreed on.
    struct Session: Equatable {
        /// Such as `TLS 1.3`.
        let version: String
        let peerTerm: CertificateTerm?
    }

    /// How long one address may take to connect, and again for reading TLS's files and for its handshake.
    static let connectTimeout = Duration.seconds(10)

    /// A peer whose receive window is so much smaller at its end than it was before has not read what fills the rest.
    private static let unreadWindow = 16 << 10

    /// Characters that are shown of what a peer says that must not say anything.
    private static let shownBytes = 60

    /// Reports of the connection to its owner, on the event loop.
    enum Report {
        case opened(Session?)
        /// It could not be opened.
        case failed(Loss)
        case ended(Delivery.Ending)
    }

    private enum State {
        case opening
        /// TLS does not accept the peer's certificates, and it is being found out why.
        case diagnosing
        case open
        /// Everything was written, and our own end of stream after it. Whether there is proof that the peer has seen
        /// that.
        case halfClosed(isSeen: Bool)
        case over
    }

    private let name: HostPort
    private let credentials: TLSCredentials?
    private let report: (Report) -> Void
    private var security: Security?
    private var address: SocketAddress?
    /// Gives up TLS's files, and later its handshake.
    private var timer: DelayedWork?
    private var channel: (any Channel)?
    private var state = State.opening
    /// Watches the half-closed connection: a reset may come after a clean end, when the channel is gone.
    private var witness: SocketWitness?
    /// The largest receive window that the peer has had.
    private var largestWindow = 0

    /// - Parameters:
    ///   - name: the endpoint as the configuration has it.
    ///   - credentials: nil for plain TCP.
    ///   - report: called on the event loop, until `close`.
    init(name: HostPort, credentials: TLSCredentials?, report: @escaping (Report) -> Void) {
        self.name = name
        self.credentials = credentials
        self.report = report
    }

    /// Starts to connect to one address; the report is `opened` or `failed`.
    @ServiceLoop
    func open(_ address: SocketAddress) {
        self.address = address
        guard let credentials else { return connect(to: address) }
        timer = ServiceLoop.after(Self.connectTimeout) {
            self.failed("TLS: its files could not be read within \(DurationText.format(Self.connectTimeout))")
        }
        credentials.load { [weak self] loaded in
            guard let self, case .opening = state else { return }
            timer?.cancel()
            switch loaded {
            case .success(let material):
                security = Security(context: material.context, identity: credentials.identity(at: name))
                connect(to: address)
            case .failure(let problem):
                failed("TLS: \(problem)")
            }
        }
    }

    /// Writes a batch; what is answered succeeds when the kernel has taken it. A peer that does not read keeps it
    /// waiting.
    func write(_ batch: ByteBuffer) -> EventLoopFuture<Void>? {
        channel?.withSocket { self.largestWindow = max(self.largestWindow, $0.peerWindow ?? 0) }
        return channel?.writeAndFlush(batch)
    }

    /// Ends our own direction, after all that was written.
    func halfClose() {
        witness = channel?.withDescriptor { SocketWitness(of: $0) } ?? nil
        guard !hasPeerEndedFirst else { return endAfterPeer() }
        channel?.close(mode: .output).assumeIsolated().whenSuccess { self.halfClosed() }
    }

    /// Whether the half-closed connection was reset, before or after its end. True also where that cannot be known.
    var isReset: Bool { witness?.isReset ?? true }

    /// Closes the connection, or gives up making it. Nothing is reported from here on.
    func close() {
        timer?.cancel()
        state = .over
        witness = nil
        channel?.close(mode: .all, promise: nil)
    }

    /// Bytes that have not reached the peer's kernel. Our end of stream counts as one.
    var heldBytes: Int? { channel?.unacknowledgedBytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        let isTLS = security == nil && TLSRecord.begins(bytes)
        let problem = isTLS ? TLSRecord.unexpected : "the peer is not Graylog, which never answers"
        let said = EscapedBytes.text(bytes.prefix(Self.shownBytes), limit: Self.shownBytes)
        lost(Loss(.failed, "\(problem); it says \"\(said)\""))
        context.close(promise: nil)
    }

    /// Without TLS, on a half-closed connection, this is the peer's end, just before the channel closes. A peer that
    /// has read to our end of stream has acknowledged it.
    func channelReadComplete(context: ChannelHandlerContext) {
        if case .halfClosed = state, security == nil { state = .halfClosed(isSeen: heldBytes == 0) }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? TLSUserEvent {
        case .handshakeCompleted:
            handshakeCompleted(context)
        case .shutdownCompleted:
            // The peer's close_notify: nobody between us has cut the stream.
            if case .halfClosed = state { state = .halfClosed(isSeen: true) }
        case nil:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .halfClosed(isSeen: true) = state {
            end(hasUnread ? .broken(Self.unread) : .clean)
        } else {
            lost(.closed)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .opening = state, let security, let address, TLSFailure.isUntrusted(error) {
            diagnose(address, security, on: context.eventLoop)
        } else {
            lost(TLSFailure.describe(error).map { Loss(.failed, $0) } ?? ConnectFailure.loss(of: error))
        }
        context.close(promise: nil)
    }

    private static func text(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv13: "TLS 1.3"
        case .tlsv12: "TLS 1.2"
        default: "TLS"
        }
    }

    @ServiceLoop
    private func connect(to address: SocketAddress) {
        let loop = ServiceLoop.shared.eventLoop
        ClientBootstrap.tcp(on: loop, within: Self.connectTimeout, handler: self, opening: prepare)
            .connect(to: address)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success:
                    self.connected(on: loop)
                case .failure(let error):
                    let failure = ConnectFailure.describe(error, address: address, name: self.name)
                    self.failed(
                        Loss(
                            failure.kind == .refused ? .gone : .failed, failure.detail, localCause: failure.localCause))
                }
            }
    }

    private func prepare(_ channel: any Channel) throws {
        self.channel = channel
        guard let security else { return }
        try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: security.context, serverHostname: security.identity.name))
    }

    /// The peer is verified before anything is reported, so before anything is written.
    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        guard let security else { return }
        do {
            let certificate = try PeerVerification.verify(context.channel, security.identity)
            let version = try context.pipeline.syncOperations.nioSSL_tlsVersion().map(Self.text)
            opened(Session(version: version ?? "TLS", peerTerm: CertificateTerm(certificate)))
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    private func connected(on loop: any EventLoop) {
        switch state {
        case .opening where security == nil:
            opened(nil)
        case .opening:
            timer = DelayedWork(on: loop, after: Self.connectTimeout) {
                self.failed(TLSFailure.silence(DurationText.format(Self.connectTimeout)))
                self.channel?.close(promise: nil)
            }
        case .over:
            channel?.close(mode: .all, promise: nil)
        case .diagnosing, .open, .halfClosed:
            break
        }
    }

    private func diagnose(_ address: SocketAddress, _ security: Security, on loop: any EventLoop) {
        state = .diagnosing
        timer?.cancel()
        timer = DelayedWork(on: loop, after: Self.connectTimeout) { self.diagnosed(TLSFailure.unexplained) }
        let box = NIOLoopBound(self, eventLoop: loop)
        CertificateDiagnosis.run(address, security, on: loop) { [credentials] chain in
            Task { @ServiceLoop in credentials?.explainRejection(of: chain) { box.value.diagnosed($0) } }
        }
    }

    private func diagnosed(_ reason: String) {
        guard case .diagnosing = state else { return }
        state = .opening
        failed(reason)
    }

    private func opened(_ session: Session?) {
        guard case .opening = state else { return }
        timer?.cancel()
        state = .open
        report(.opened(session))
    }

    private func halfClosed() {
        guard case .open = state else { return }
        guard !hasPeerEndedFirst else { return endAfterPeer() }
        state = .halfClosed(isSeen: false)
    }

    /// Whether the peer's end of stream is no answer to ours. Over TLS its close_notify tells.
    private var hasPeerEndedFirst: Bool {
        security == nil && witness?.hasPeerEndedFirst ?? true
    }

    /// Whether the peer's last word, its end, came with a window that what it had not read kept small. A peer that has
    /// read everything has its whole window again. No proof of the contrary: a few unread messages do not show.
    private var hasUnread: Bool {
        witness?.peerWindow.map { largestWindow - $0 >= Self.unreadWindow } ?? false
    }

    /// Why nothing is confirmed of such a connection.
    private static let unread = Loss(.gone, "the peer closed the connection before it had read everything")

    private func endAfterPeer() {
        lost(.closed)
        channel?.close(mode: .all, promise: nil)
    }

    private func failed(_ reason: String) {
        failed(Loss(.failed, reason))
    }

    private func failed(_ loss: Loss) {
        guard case .opening = state else { return }
        timer?.cancel()
        state = .over
        report(.failed(loss))
    }

    /// It could not be opened, or it has ended.
    private func lost(_ loss: Loss) {
        failed(loss)
        end(.broken(loss))
    }

    private func end(_ ending: Delivery.Ending) {
        switch state {
        case .open, .halfClosed:
            state = .over
            report(.ended(ending))
        case .opening, .diagnosing, .over:
            break
        }
    }
}

/// A duplicate of a TCP connection's descriptor, which shows a reset after the channel has closed its own.
///
/// Over TLS a peer can say goodbye (close_notify) and then close its socket with our bytes unread; its kernel resets
/// the connection then.
final class SocketWitness {
    private let descriptor: CInt

    /// Nil when no descriptor is left.
    init?(of descriptor: CInt) {
        self.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard self.descriptor >= 0 else { return nil }
    }

    deinit {
        close(descriptor)
    }

    /// Whether the peer has reset the connection.
    var isReset: Bool {
        TCPSocket(descriptor).map { $0.error != 0 } ?? true
    }

    /// Bytes that the peer's kernel was ready to take when it was last heard of.
    var peerWindow: Int? { TCPSocket(descriptor)?.peerWindow }

    /// Whether the peer has ended its direction before we ended ours; to be asked right before and right after that.
    var hasPeerEndedFirst: Bool {
        TCPSocket(descriptor)?.hasPeerEndedFirst ?? true
    }
}
